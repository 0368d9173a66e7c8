namespace PmOrleans.Simulator.Input;

/// <summary>The columns of a log of another system's decisions: with them the replay can also say what the log itself tells about the policy.</summary>
public sealed class LoggedMapping
{
    /// <summary>Column of what was shown.</summary>
    public string Offer { get; set; } = "";

    /// <summary>Text before it that makes it an offer id of the catalog.</summary>
    public string Prefix { get; set; } = "";

    /// <summary>Column with 1 or true for a click, 0, false or nothing for none.</summary>
    public string Click { get; set; } = "";

    /// <summary>Column of the probability with which it was shown.</summary>
    public string Propensity { get; set; } = "";
}
