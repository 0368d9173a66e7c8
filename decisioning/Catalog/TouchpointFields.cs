using System.Collections.Frozen;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Rules;

namespace PmOrleans.Decisioning.Catalog;

/// <summary>
/// What metrics can read of one type of touchpoint: <c>value</c>, <c>channel</c> and its properties, by name or as <c>properties['any-name']</c>. Where the
/// catalog declares properties, these are all there are; otherwise any name is one, of the type it happens to have.
/// </summary>
public sealed class TouchpointFields
{
    public const string Value = "value";
    public const string Channel = "channel";
    internal const string Properties = "properties";

    /// <param name="declared">Types by property; <c>null</c>: nothing is declared.</param>
    public TouchpointFields(string touchpointType, IReadOnlyDictionary<string, CelType>? declared)
    {
        TouchpointType = touchpointType;
        Declared = declared?.ToFrozenDictionary(StringComparer.Ordinal);
        Schema = new RuleSchema().DeclareVariable(Value, CelType.Double).DeclareVariable(Channel, CelType.String);
        if (Declared is null)
        {
            Schema.DeclareOpenObject(Properties, CelType.Dyn);
            return;
        }

        Schema.DeclareObject(Properties, Declared, "property");
        foreach (var (name, type) in Declared)
        {
            if (RuleWords.IsIdentifier(name) && name is not (Value or Channel or Properties))
            {
                Schema.DeclareVariable(name, type);
            }
        }
    }

    public string TouchpointType { get; }

    public FrozenDictionary<string, CelType>? Declared { get; }

    /// <summary>Of the filters of this type's metrics.</summary>
    public RuleSchema Schema { get; }

    /// <summary>The type of what a metric reads; <see cref="CelType.Dyn"/> when it is open; <c>null</c> when there is no such property.</summary>
    public CelType? TypeOf(string property) => property switch
    {
        Value => CelType.Double,
        Channel => CelType.String,
        _ => Declared is null ? CelType.Dyn : Declared.GetValueOrDefault(property),
    };

    /// <summary>Makes the names a filter uses known, where any name is a property.</summary>
    internal void Open(string name)
    {
        if (Declared is null && Schema.Find(name) is null && RuleWords.IsIdentifier(name))
        {
            Schema.DeclareVariable(name, CelType.Dyn);
        }
    }

    internal static bool TryRead(Touchpoint touchpoint, RuleSlot slot, out CelValue value)
    {
        var name = slot.Field ?? slot.Variable;
        if (slot.Field is null)
        {
            switch (name)
            {
                case Value when touchpoint.ValueMicros is { } micros:
                    value = CelValue.Of(micros / 1e6);
                    return true;
                case Channel when touchpoint.Channel is { } channel:
                    value = CelValue.Of(channel);
                    return true;
                case Value or Channel:
                    value = default;
                    return false;
            }
        }

        foreach (var (property, given) in touchpoint.Properties)
        {
            if (property == name)
            {
                return slot.Type.Equals(CelType.Dyn) ? AttributeValues.TryRead(given, out value) : ProfileInput.TryConvert(given, slot.Type, out value);
            }
        }

        value = default;
        return false;
    }
}
