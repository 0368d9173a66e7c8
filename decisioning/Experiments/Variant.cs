using System.Collections.Frozen;
using System.Collections.Immutable;
using PmOrleans.Decisioning.Catalog;

namespace PmOrleans.Decisioning.Experiments;

/// <summary>One side of an experiment: what it changes. One that changes nothing is a control.</summary>
public sealed class Variant
{
    public required string Id { get; init; }

    /// <summary>Stable number.</summary>
    public required int Number { get; init; }

    /// <summary>Share of the experiment's customers, 0 to 1.</summary>
    public required double Weight { get; init; }

    /// <summary>Takes the place of the placement's policy; <c>null</c>: it stays.</summary>
    public Policy? Policy { get; init; }

    /// <summary>Percent on top of an offer's lever, by number.</summary>
    public FrozenDictionary<int, double> OfferToLever { get; init; } = FrozenDictionary<int, double>.Empty;

    /// <summary>Offers left out, by number.</summary>
    public FrozenSet<int> Without { get; init; } = [];

    /// <summary>The only offers shown, by number; empty: all.</summary>
    public FrozenSet<int> Only { get; init; } = [];

    /// <summary>The only creatives an offer is shown in, by its number.</summary>
    public FrozenDictionary<int, ImmutableArray<Creative>> OfferToCreatives { get; init; } = FrozenDictionary<int, ImmutableArray<Creative>>.Empty;

    /// <summary>Whether the variant shows an offer at all.</summary>
    public bool Shows(int offer) => (Without.Count == 0 || !Without.Contains(offer)) && (Only.Count == 0 || Only.Contains(offer));
}
