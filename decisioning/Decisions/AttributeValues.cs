using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Rules;

namespace PmOrleans.Decisioning.Decisions;

/// <summary>Values of attributes as rules see them.</summary>
public static class AttributeValues
{
    /// <summary>Whether a value that came from outside is one of the declared type.</summary>
    public static bool Fits(PropertyValue value, CelType type) => ProfileInput.TryConvert(value, type, out _);

    /// <summary>A value as what it is: text, number, truth value or a list of texts; anything else is no value for a rule.</summary>
    internal static bool TryRead(PropertyValue value, out CelValue read)
    {
        switch (value.Kind)
        {
            case PropertyKind.Text:
                read = CelValue.Of(value.Text!);
                return true;
            case PropertyKind.Number:
                read = CelValue.Of(value.Number);
                return true;
            case PropertyKind.Bool:
                read = CelValue.Of(value.Flag);
                return true;
            case PropertyKind.Json:
                return ProfileInput.TryConvert(value, CelType.List(CelType.String), out read);
            default:
                read = default;
                return false;
        }
    }
}
