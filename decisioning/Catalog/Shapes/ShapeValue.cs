namespace PmOrleans.Decisioning.Catalog.Shapes;

public enum ShapeKind : byte
{
    /// <summary>Anything single, taken as the text that was written.</summary>
    Text = 1,
    Flag = 2,
    Amount = 3,
    Number = 4,
    Whole = 5,
    Duration = 6,
    Choice = 7,
    Zone = 8,
    Locale = 9,
    Time = 10,
    Rule = 11,

    /// <summary>A list of names.</summary>
    Names = 12,
}

/// <summary>A single value: its kind, and what narrows it.</summary>
/// <param name="Lowest">For numbers; infinite: no bound.</param>
/// <param name="Choices">For <see cref="ShapeKind.Choice"/>, joined by blanks; the words of a catalog have none.</param>
public sealed record ShapeValue(ShapeKind Kind, double Lowest, double Highest, string Choices)
{
    public static ShapeValue Of(ShapeKind kind) => new(kind, double.NegativeInfinity, double.PositiveInfinity, "");

    public static ShapeValue Of(ShapeKind kind, double lowest, double highest) => new(kind, lowest, highest, "");

    public static ShapeValue OneOf(IEnumerable<string> choices) =>
        new(ShapeKind.Choice, double.NegativeInfinity, double.PositiveInfinity, string.Join(' ', choices));
}
