namespace PmOrleans.Decisioning.Rules;

/// <summary>What a name turned out to mean.</summary>
internal abstract record RuleResolution
{
    /// <summary>The loop variable of an enclosing comprehension.</summary>
    public sealed record Local(int Index) : RuleResolution;

    /// <summary>Something the rule reads from its input.</summary>
    public sealed record Input(string Variable, string? Field, CelType Declared) : RuleResolution;

    /// <summary>The name of a type.</summary>
    public sealed record Constant(CelValue Value) : RuleResolution;
}
