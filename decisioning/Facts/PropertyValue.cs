using System.Globalization;

namespace PmOrleans.Decisioning.Facts;

public enum PropertyKind : byte
{
    Null = 0,
    Text = 1,
    Number = 2,
    Bool = 3,

    /// <summary>An array or object, kept as the JSON text it came as.</summary>
    Json = 4,
}

/// <summary>A value that came with a touchpoint or a request. <c>default</c> is null.</summary>
/// <param name="Text">The text, or the JSON of an array or object.</param>
/// <param name="Number">Finite.</param>
public readonly record struct PropertyValue(PropertyKind Kind, string? Text, double Number)
{
    public static PropertyValue Of(string text) => new(PropertyKind.Text, text, 0);

    public static PropertyValue Of(double number) => new(PropertyKind.Number, null, number);

    public static PropertyValue Of(bool flag) => new(PropertyKind.Bool, null, flag ? 1 : 0);

    public static PropertyValue OfJson(string json) => new(PropertyKind.Json, json, 0);

    public bool Flag => Number != 0;

    public override string ToString() => Kind switch
    {
        PropertyKind.Null => "null",
        PropertyKind.Number => Number.ToString("R", CultureInfo.InvariantCulture),
        PropertyKind.Bool => Flag ? "true" : "false",
        _ => Text ?? "",
    };
}

/// <summary>A named value.</summary>
public readonly record struct Property(string Name, PropertyValue Value);
