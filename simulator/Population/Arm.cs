namespace PmOrleans.Simulator.Population;

/// <summary>One of the things compared.</summary>
public sealed class Arm
{
    public string Name { get; set; } = "";

    /// <summary>The placement's policy, as a catalog writes it; empty: the catalog's own.</summary>
    public Dictionary<string, object> Policy { get; set; } = new(StringComparer.Ordinal);

    /// <summary>Any eligible offer with the same probability.</summary>
    public bool Uniform { get; set; }

    /// <summary>
    /// The offer with the highest true rate x value - cost - price of its money, among what passes every filter: caps and budgets hold for it as well. The prices are
    /// those that the budgets turn out to have had, found in a run of their own.
    /// </summary>
    public bool Best { get; set; }
}
