namespace PmOrleans.Decisioning.Rules;

/// <summary>Bounds that keep any rule, however written, from using up a node.</summary>
internal static class RuleLimits
{
    /// <summary>Characters of source. Rules people write have tens to hundreds; generated lists of ids a few thousand.</summary>
    public const int MaxSourceLength = 65_536;

    /// <summary>
    /// Steps of one evaluation: elements visited by comprehensions, and shares of what is searched or built on the way. Some milliseconds of work,
    /// at worst about a tenth of a second, and about ten megabytes.
    /// </summary>
    public const int MaxSteps = 100_000;

    /// <summary>Elements that <c>in</c> may search for one step; a shorter list is free.</summary>
    public const int SearchedPerStep = 256;

    /// <summary>Characters or bytes that <c>+</c> may join for one step.</summary>
    public const int JoinedPerStep = 64;

    /// <summary>Elements of lists that <c>+</c> may join for one step; each is 24 bytes.</summary>
    public const int CopiedPerStep = 4;

    /// <summary>Length of a string, of bytes or of a list made by a rule.</summary>
    public const int MaxResultLength = 65_536;
}
