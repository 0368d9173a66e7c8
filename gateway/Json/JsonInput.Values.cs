using System.Text;
using System.Text.Json;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Form;

namespace PmOrleans.Gateway.Json;

/// <content>Single values.</content>
internal ref partial struct JsonInput
{
    /// <summary>An id: trimmed, 1 to 256 characters, no control characters, neither <c>.</c> nor <c>..</c>.</summary>
    public string? Id(FieldPath path, string name) => Label(path, name, TouchpointLimits.IdLength, isId: true);

    /// <summary>A name (type, channel, purpose): trimmed, 1 to 128 characters, no control characters.</summary>
    public string? Name(FieldPath path, string name) => Label(path, name, TouchpointLimits.NameLength, isId: false);

    public bool? Flag(FieldPath path, string name)
    {
        if (_reader.TokenType is JsonTokenType.True or JsonTokenType.False)
        {
            return _reader.TokenType == JsonTokenType.True;
        }

        _ = Expect(JsonTokenType.True, path, name, "true or false");
        return null;
    }

    /// <summary>A whole number within bounds.</summary>
    public int? Whole(FieldPath path, string name, int least, int most)
    {
        if (!Expect(JsonTokenType.Number, path, name, "a number"))
        {
            return null;
        }

        if ((_reader.TryGetInt32(out var value) || TrySpelledOtherwise(out value)) && value >= least && value <= most)
        {
            return value;
        }

        Errors.Add(path.Of(name), $"is {Labels.Shown(Encoding.UTF8.GetString(_reader.ValueSpan))}; allowed are {least} to {most}, whole numbers");
        return null;
    }

    /// <summary>A whole number such as 2.0 or 2e0, which languages with one kind of number write and JSON schemas call an integer.</summary>
    private readonly bool TrySpelledOtherwise(out int value)
    {
        // Beyond 28 digits a decimal rounds, and what was no whole number might become one.
        if (_reader.ValueSpan.Length <= 28 && _reader.TryGetDecimal(out var number) && number == decimal.Truncate(number) && number is >= int.MinValue and <= int.MaxValue)
        {
            value = (int)number;
            return true;
        }

        value = 0;
        return false;
    }

    /// <summary>An amount of money in units of the currency, as micros; 0 to the largest value allowed.</summary>
    public long? Amount(FieldPath path, string name)
    {
        if (!Expect(JsonTokenType.Number, path, name, "a number"))
        {
            return null;
        }

        if (Money.TryRead(_reader.ValueSpan, out var micros) && micros is >= 0 and <= TouchpointLimits.MaxValueMicros)
        {
            return micros;
        }

        Errors.Add(path.Of(name), $"is {Labels.Shown(Encoding.UTF8.GetString(_reader.ValueSpan))}; allowed are 0 to {TouchpointLimits.MaxValueMicros / Money.MicrosPerUnit}");
        return null;
    }

    /// <summary>A time with offset, as Unix microseconds.</summary>
    public long? Time(FieldPath path, string name)
    {
        if (!Expect(JsonTokenType.String, path, name, "a string with a time such as 2026-11-21T10:00:00Z"))
        {
            return null;
        }

        var text = _reader.ValueIsEscaped ? Unescaped() : _reader.ValueSpan;
        var wrong = IsoTime.TryRead(text, out var micros);
        if (wrong is null)
        {
            return micros;
        }

        Errors.Add(path.Of(name), $"{wrong}; it is '{Labels.Shown(Encoding.UTF8.GetString(text))}'");
        return null;
    }

    /// <summary>An array of ids, each at most once.</summary>
    public string[] Ids(FieldPath path, string name, int most, int length = TouchpointLimits.IdLength)
    {
        if (!BeginArray(path, name))
        {
            return [];
        }

        List<string>? ids = null;
        var index = 0;
        var tooMany = false;
        for (; NextElement(); index++)
        {
            if (index >= most)
            {
                tooMany = true;
                _reader.Skip();
                continue;
            }

            var element = new FieldPath(path.Of(name), index);
            if (_reader.TokenType == JsonTokenType.Null)
            {
                Errors.Add(element.Self, "must be a string, not null");
            }
            else if (LabelAt(element.Self, length, isId: false) is { } id)
            {
                ids ??= [];
                if (ids.Contains(id))
                {
                    Errors.Add(element.Self, $"is '{Labels.Shown(id)}' again; each once");
                }
                else
                {
                    ids.Add(id);
                }
            }
        }

        if (tooMany)
        {
            Errors.Add(path.Of(name), $"has {index} elements; allowed are 0 to {most}");
        }

        return ids is null ? [] : [.. ids];
    }

    private string? Label(FieldPath path, string name, int most, bool isId)
    {
        if (_reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        return _reader.TokenType == JsonTokenType.String && Quick(most) is { } quick ? quick : LabelAt(path.Of(name), most, isId);
    }

    /// <summary>Text that is as it should be, which it nearly always is, without building the name of its field.</summary>
    private readonly string? Quick(int most)
    {
        var text = _reader.ValueSpan;
        return !_reader.ValueIsEscaped && text.Length >= 1 && text.Length <= most && text[0] != (byte)'.' && text.IndexOfAnyExceptInRange((byte)0x21, (byte)0x7E) < 0
            ? KnownText.Of(text)
            : null;
    }

    private string? LabelAt(string field, int most, bool isId)
    {
        if (_reader.TokenType != JsonTokenType.String)
        {
            Errors.Add(field, $"must be a string, not {Kind()}");
            _reader.Skip();
            return null;
        }

        if (!TryText(field, out var text))
        {
            return null;
        }

        var label = text.Trim();
        if ((isId ? Labels.WrongId(label) : Labels.Wrong(label, most)) is { } wrong)
        {
            Errors.Add(field, wrong);
            return null;
        }

        return label;
    }

    private readonly bool TryText(string field, out string text)
    {
        try
        {
            text = _reader.GetString()!;
            return true;
        }
        catch (InvalidOperationException)
        {
            // The bytes are valid UTF-8 (checked at the beginning), so it can only be an escape that names half of a pair.
            Errors.Add(field, "contains a lone surrogate, which is no character");
            text = "";
            return false;
        }
    }
}
