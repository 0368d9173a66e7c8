using System.Buffers;
using System.Text;
using System.Text.Json;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Form;

namespace PmOrleans.Gateway.Json;

/// <content>Objects with members of the sender's choice: properties, context, set.</content>
internal ref partial struct JsonInput
{
    /// <summary>Named values: at most 64, each name once, texts of at most 4,096 characters, numbers finite.</summary>
    public Property[] Bag(FieldPath path, string name)
    {
        if (!Expect(JsonTokenType.StartObject, path, name, "an object"))
        {
            return [];
        }

        var rented = ArrayPool<Property>.Shared.Rent(TouchpointLimits.Properties);
        var kept = 0;
        var members = 0;
        var bag = new FieldPath(path.Of(name), -1);
        while (true)
        {
            _reader.Read();
            if (_reader.TokenType == JsonTokenType.EndObject)
            {
                break;
            }

            var readable = TryMemberName(bag.Self, out var key);
            _reader.Read();
            if (!readable || ++members > TouchpointLimits.Properties || !IsNameNew(bag, key, rented.AsSpan(0, kept)))
            {
                _reader.Skip();
            }
            else if (TryValue(bag, key, out var value))
            {
                rented[kept++] = new Property(key, value);
            }
        }

        if (members > TouchpointLimits.Properties)
        {
            Errors.Add(bag.Self, $"has {members} members; allowed are 0 to {TouchpointLimits.Properties}");
        }

        var result = kept == 0 ? [] : rented.AsSpan(0, kept).ToArray();
        ArrayPool<Property>.Shared.Return(rented, clearArray: true);
        return result;
    }

    private readonly bool TryMemberName(string field, out string key)
    {
        if (!_reader.ValueIsEscaped)
        {
            key = KnownText.Of(_reader.ValueSpan);
            return true;
        }

        return TryText(field, out key);
    }

    private readonly bool IsNameNew(FieldPath bag, string key, ReadOnlySpan<Property> kept)
    {
        if (Labels.Wrong(key, TouchpointLimits.NameLength) is { } wrong)
        {
            Errors.Add(bag.Self, $"has a name that {wrong}");
            return false;
        }

        foreach (ref readonly var property in kept)
        {
            if (property.Name == key)
            {
                Errors.Add(bag.Of(Labels.Shown(key)), "appears more than once");
                return false;
            }
        }

        return true;
    }

    private bool TryValue(FieldPath bag, string key, out PropertyValue value)
    {
        value = default;
        switch (_reader.TokenType)
        {
            case JsonTokenType.String:
                return TryTextValue(bag, key, out value);

            case JsonTokenType.Number:
                if (_reader.TryGetDouble(out var number) && double.IsFinite(number))
                {
                    value = PropertyValue.Of(number);
                    return true;
                }

                Errors.Add(bag.Of(Labels.Shown(key)), $"is {Labels.Shown(Encoding.UTF8.GetString(_reader.ValueSpan))}; allowed are numbers up to 1.7976931348623157e308");
                return false;

            case JsonTokenType.True or JsonTokenType.False:
                value = PropertyValue.Of(_reader.TokenType == JsonTokenType.True);
                return true;

            case JsonTokenType.StartArray or JsonTokenType.StartObject:
                return TryJsonValue(bag, key, out value);

            default:
                return true;
        }
    }

    private readonly bool TryTextValue(FieldPath bag, string key, out PropertyValue value)
    {
        value = default;
        if (!_reader.ValueIsEscaped && _reader.ValueSpan.Length <= TouchpointLimits.TextLength)
        {
            value = PropertyValue.Of(KnownText.Of(_reader.ValueSpan));
            return true;
        }

        if (!TryText(bag.Of(Labels.Shown(key)), out var text))
        {
            return false;
        }

        if (text.Length > TouchpointLimits.TextLength)
        {
            Errors.Add(bag.Of(Labels.Shown(key)), $"has {text.Length} characters; allowed are 0 to {TouchpointLimits.TextLength}");
            return false;
        }

        value = PropertyValue.Of(text);
        return true;
    }

    private bool TryJsonValue(FieldPath bag, string key, out PropertyValue value)
    {
        value = default;
        var start = (int)_reader.TokenStartIndex;
        _reader.Skip();
        var json = _body[start..(int)_reader.BytesConsumed];
        if (NestedJson.Wrong(json) is { } wrong)
        {
            Errors.Add(bag.Of(Labels.Shown(key)), wrong);
            return false;
        }

        value = PropertyValue.OfJson(Encoding.UTF8.GetString(json));
        return true;
    }
}
