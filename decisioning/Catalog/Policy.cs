using System.Collections.Immutable;
using PmOrleans.Decisioning.Learning;
using PmOrleans.Decisioning.Policies;

namespace PmOrleans.Decisioning.Catalog;

/// <summary>What counts as success of a decision, and until when.</summary>
/// <param name="On">Touchpoint type: <c>click</c>, <c>purchase</c>, any.</param>
/// <param name="Within">Attribution window; a trial without the event resolves to the default reward, 0, when it ends.</param>
public sealed record Goal(string On, TimeSpan Within)
{
    public long WithinMicros { get; } = Within.Ticks / 10;
}

/// <summary>Model plus exploration: estimates, and how they become probabilities.</summary>
public sealed class Policy
{
    public required string Id { get; init; }

    public required int Number { get; init; }

    public required int Ordinal { get; init; }

    public required Goal Goal { get; init; }

    public required BetaOptions Model { get; init; }

    public required ExplorationOptions ExplorationOptions { get; init; }

    public required IExploration Exploration { get; init; }

    /// <summary>The first of these that holds for the customer has its own estimates; empty: one estimate per offer for all.</summary>
    public required ImmutableArray<Segment> Segments { get; init; }
}
