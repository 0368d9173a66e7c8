namespace PmOrleans.Simulator.Truth;

/// <summary>From a day on, some offers are liked more or less by everybody.</summary>
public sealed class Shock
{
    /// <summary>Days after the beginning of the run, from 0.</summary>
    public double Day { get; set; }

    /// <summary>Ids of the offers it hits; empty: all of the category, or all.</summary>
    public List<string> Offers { get; set; } = [];

    /// <summary>Category it hits, when no offers are named.</summary>
    public string? Category { get; set; }

    /// <summary>Shift in logits: -2 makes a rate of 4 % one of 0.6 %.</summary>
    public double Shift { get; set; }
}
