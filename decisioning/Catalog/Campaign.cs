using System.Collections.Immutable;

namespace PmOrleans.Decisioning.Catalog;

/// <summary>When a budgeted offer's cost becomes spend.</summary>
public enum SettleOn : byte
{
    Decision = 1,
    Impression = 2,
    Click = 3,
    Conversion = 4,
}

public enum ReserveKind : byte
{
    /// <summary>The whole cost is set aside with the decision: for real liabilities such as coupons.</summary>
    Full = 1,

    /// <summary>Rate times cost is set aside; an event that finds nothing left is recorded as unbilled over-delivery.</summary>
    Expected = 2,
}

/// <summary>Money a campaign may spend, in micros of the catalog's currency.</summary>
/// <param name="TotalMicros">Over the whole flight; <c>null</c>: no bound of its own.</param>
/// <param name="DailyMicros">Per day of the campaign's zone; <c>null</c>: none.</param>
/// <param name="Paced">Whether the shadow price spreads the spending over the flight; otherwise first come, first served.</param>
public sealed record Budget(long? TotalMicros, long? DailyMicros, SettleOn SettleOn, ReserveKind Reserve, bool Paced);

/// <summary>A flight of offers with a budget and caps.</summary>
public sealed class Campaign
{
    public required string Id { get; init; }

    public required int Number { get; init; }

    /// <summary>Index in <see cref="CatalogSnapshot.Campaigns"/>.</summary>
    public required int Ordinal { get; init; }

    public string? Name { get; init; }

    /// <summary>Unix microseconds, inclusive; <see cref="long.MinValue"/> for none.</summary>
    public required long StartMicros { get; init; }

    /// <summary>Unix microseconds, exclusive; <see cref="long.MaxValue"/> for none.</summary>
    public required long EndMicros { get; init; }

    /// <summary>Budget days begin at midnight here.</summary>
    public required TimeZoneInfo Zone { get; init; }

    /// <summary><c>null</c>: the campaign's offers cost nothing that is accounted for.</summary>
    public required Budget? Budget { get; init; }

    public required ImmutableArray<Cap> Caps { get; init; }

    /// <summary>In this catalog's order; filled once while compiling.</summary>
    public ImmutableArray<Offer> Offers { get; internal set; } = [];

    /// <summary>Index of the campaign's own eligibility rule, or -1.</summary>
    public required int Rule { get; init; }

    /// <summary>Added to the offer's lever, in percent.</summary>
    public required double LeverPercent { get; init; }

    /// <summary>A pause written in the catalog; an operator's pause is a fact of its own and survives a publish.</summary>
    public required bool Paused { get; init; }
}
