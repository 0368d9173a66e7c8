using PmOrleans.Decisioning.Catalog;

namespace PmOrleans.Decisioning.Tests;

/// <summary>An offer as a test declares it; money in micros.</summary>
internal sealed record OfferSpec(string Id)
{
    public string Campaign { get; init; } = "c";

    public double Value { get; init; } = 1;

    public long CostMicros { get; init; }

    public string[] Rules { get; init; } = [];

    public string? Category { get; init; }

    public double LeverPercent { get; init; }

    public (string Rule, double Percent)[] Weights { get; init; } = [];

    public ConsentRequirement[] Consents { get; init; } = [];

    public string? Group { get; init; }

    public bool InStock { get; init; } = true;

    public (string Id, string? Locale)[] Creatives { get; init; } = [("only", null)];

    /// <summary><c>null</c>: every placement.</summary>
    public string[]? Placements { get; init; }
}
