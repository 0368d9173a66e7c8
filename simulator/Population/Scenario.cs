using PmOrleans.Simulator.Truth;

namespace PmOrleans.Simulator.Population;

/// <summary>A population and what is compared on it; written in YAML, see <c>samples/scenarios</c>.</summary>
public sealed class Scenario
{
    public string Name { get; set; } = "";

    /// <summary>Folder of the catalog, relative to the scenario's file. Default: the sample shop.</summary>
    public string? Catalog { get; set; }

    /// <summary>Placement asked at every visit. Default: the first of the catalog.</summary>
    public string? Placement { get; set; }

    /// <summary>First day of the run, at midnight UTC. Default 2026-03-02, a Monday.</summary>
    public DateTime Start { get; set; } = new(2026, 3, 2, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>Length of the run, 1 to 400. Default 60.</summary>
    public int Days { get; set; } = 60;

    /// <summary>1 to 10,000,000. Default 20,000.</summary>
    public int Customers { get; set; } = 20_000;

    /// <summary>Visits, and decisions of each arm. Default: ten a customer.</summary>
    public long? Decisions { get; set; }

    public ulong Seed { get; set; } = 1;

    public TasteOptions Tastes { get; set; } = new();

    public LifeOptions Life { get; set; } = new();

    /// <summary>Attribute to its values with their shares: sent with an identify at a customer's first visit.</summary>
    public Dictionary<string, Dictionary<string, double>> Attributes { get; set; } = new(StringComparer.Ordinal);

    /// <summary>Policies to compare, each against the same visits with the same luck.</summary>
    public List<Arm> Arms { get; set; } = [];

    public long DecisionsOrDefault => Decisions ?? Customers * 10L;
}
