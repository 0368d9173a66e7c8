using System.Collections.Immutable;

namespace PmOrleans.Decisioning.Catalog;

/// <summary>The wording or picture an offer is proposed in.</summary>
/// <param name="Locale">BCP 47 tag, or <c>null</c> for any locale.</param>
/// <param name="ContentJson">The content as UTF-8 JSON, an object, sent as it is.</param>
public sealed record Creative(string Id, int Number, string? Locale, byte[] ContentJson);

/// <summary>A weight that holds while a rule does: priority = … x (1 + sum of matching weights / 100).</summary>
/// <param name="Rule">Index in <see cref="CatalogSnapshot.Rules"/>.</param>
public sealed record ContextWeight(int Rule, double WeightPercent);

/// <summary>What can be proposed.</summary>
public sealed class Offer
{
    public required string Id { get; init; }

    public required int Number { get; init; }

    /// <summary>Index in <see cref="CatalogSnapshot.Offers"/>.</summary>
    public required int Ordinal { get; init; }

    public required Campaign Campaign { get; init; }

    public string? Name { get; init; }

    public string? Category { get; init; }

    /// <summary>Stable number of the category, 0 for none.</summary>
    public required int CategoryNumber { get; init; }

    /// <summary>What the goal's event is worth, in units of the catalog's currency.</summary>
    public required double Value { get; init; }

    /// <summary>What one settlement spends, in micros.</summary>
    public required long CostMicros { get; init; }

    /// <summary>Offer's own lever in percent, the campaign's included.</summary>
    public required double LeverPercent { get; init; }

    /// <summary>Rules that all must hold (the campaign's first); indexes into <see cref="CatalogSnapshot.Rules"/>.</summary>
    public required ImmutableArray<int> Rules { get; init; }

    /// <summary>Scopes that limit this offer wherever it is shown; those of the channel come with the placement.</summary>
    public required ImmutableArray<CapScope> CapScopes { get; init; }

    public required ImmutableArray<ContextWeight> ContextWeights { get; init; }

    public required ImmutableArray<ConsentRequirement> Consents { get; init; }

    /// <summary>At most one offer of a group in one answer; <c>null</c>: no group.</summary>
    public required string? ExclusionGroup { get; init; }

    /// <summary>Index of the group in this version, or -1.</summary>
    public required int ExclusionGroupOrdinal { get; init; }

    public required bool InStock { get; init; }

    /// <summary>Never empty.</summary>
    public required ImmutableArray<Creative> Creatives { get; init; }

    /// <summary>Placements this offer may be shown at, by id.</summary>
    public required ImmutableArray<string> PlacementIds { get; init; }
}
