using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Rules;

namespace PmOrleans.Decisioning.Decisions;

/// <summary>Values of attributes as rules see them.</summary>
public static class AttributeValues
{
    /// <summary>Whether a value that came from outside is one of the declared type.</summary>
    public static bool Fits(PropertyValue value, CelType type) => ProfileInput.TryConvert(value, type, out _);
}
