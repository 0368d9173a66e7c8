namespace PmOrleans.Decisioning.Rules;

/// <summary>One thing rules read, under a dense number that all rules of a schema share.</summary>
/// <param name="Index">0-based, given on first use.</param>
/// <param name="Variable">The root, e.g. <c>customer</c>.</param>
/// <param name="Field">The field read from an object, e.g. <c>tier</c>; null for a plain variable.</param>
/// <param name="Type">The declared type; a value of another kind is an error when a rule reads it.</param>
public sealed record RuleSlot(int Index, string Variable, string? Field, CelType Type)
{
    /// <summary>The slot as a rule writes it: <c>customer.tier</c> or <c>segments</c>.</summary>
    public string Path => Field is null ? Variable : $"{Variable}.{Field}";

    // Kept here and not in the nodes: ten thousand rules read the same few slots.
    internal CelValue Absent { get; } = CelValue.Error($"no such field: {(Field is null ? Variable : $"{Variable}.{Field}")}");

    internal CelValue OfWrongKind { get; } =
        CelValue.Error($"{(Field is null ? Variable : $"{Variable}.{Field}")} is not of its declared type {Type}");
}
