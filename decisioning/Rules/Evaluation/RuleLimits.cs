namespace PmOrleans.Decisioning.Rules;

/// <summary>Bounds that keep any rule, however written, from using up a node.</summary>
internal static class RuleLimits
{
    /// <summary>Characters of source. Rules people write have tens to hundreds; generated lists of ids a few thousand.</summary>
    public const int MaxSourceLength = 65_536;

    /// <summary>Elements visited by all comprehensions of one evaluation together: some milliseconds of work.</summary>
    public const int MaxSteps = 100_000;

    /// <summary>Length of a string, of bytes or of a list made by a rule.</summary>
    public const int MaxResultLength = 65_536;
}
