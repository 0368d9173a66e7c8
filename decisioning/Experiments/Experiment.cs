using System.Collections.Immutable;

namespace PmOrleans.Decisioning.Experiments;

/// <summary>A comparison of variants, each shown to its share of the customers who are in it.</summary>
public sealed class Experiment
{
    /// <summary>Id of the global holdout, which is kept as an experiment of two arms.</summary>
    public const string GlobalHoldout = "holdout";

    public required string Id { get; init; }

    /// <summary>Stable number; the salt of its draws.</summary>
    public required int Number { get; init; }

    public string? Name { get; init; }

    /// <summary>Experiments of one layer exclude each other: nobody is in two of them. <c>null</c>: independent of all others.</summary>
    public string? Layer { get; init; }

    /// <summary>Stable number of the layer; 0 for none.</summary>
    public int LayerNumber { get; init; }

    /// <summary>Where its customers begin in the traffic of its layer, 0 to 1; 0 without a layer. Filled once while compiling.</summary>
    public double From { get; internal set; }

    /// <summary>Share of all customers who are in it, 0 to 1. When it grows, those who are in stay in, with the same variant.</summary>
    public required double Share { get; init; }

    /// <summary>What the share may grow to without moving the experiments behind it in the layer.</summary>
    public double UpTo { get; init; }

    /// <summary>Unix microseconds, inclusive; <see cref="long.MinValue"/> for none.</summary>
    public long StartMicros { get; init; } = long.MinValue;

    /// <summary>Unix microseconds, exclusive; <see cref="long.MaxValue"/> for none.</summary>
    public long EndMicros { get; init; } = long.MaxValue;

    /// <summary>Index of the rule that must hold to get in, or -1.</summary>
    public int Audience { get; init; } = -1;

    /// <summary>Ids of the placements it acts at; empty: all.</summary>
    public ImmutableArray<string> PlacementIds { get; init; } = [];

    /// <summary>Weights sum to one.</summary>
    public required ImmutableArray<Variant> Variants { get; init; }

    public bool IsGlobalHoldout => Id == GlobalHoldout;

    public bool IsRunning(long nowMicros) => nowMicros >= StartMicros && nowMicros < EndMicros;

    public bool ActsAt(string placementId) => PlacementIds.IsEmpty || PlacementIds.Contains(placementId, StringComparer.Ordinal);

    /// <summary>The variant of a number, or <c>null</c>: it was taken out of the catalog.</summary>
    public Variant? Find(int number)
    {
        foreach (var variant in Variants)
        {
            if (variant.Number == number)
            {
                return variant;
            }
        }

        return null;
    }
}
