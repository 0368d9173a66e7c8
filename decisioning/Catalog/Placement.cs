using System.Collections.Immutable;
using PmOrleans.Decisioning.Experiments;

namespace PmOrleans.Decisioning.Catalog;

/// <summary>What is answered when nothing is left.</summary>
public sealed record Fallback(string OfferId, ImmutableArray<Creative> Creatives);

/// <summary>A place that can show offers.</summary>
public sealed class Placement
{
    public required string Id { get; init; }

    public required int Number { get; init; }

    public required int Ordinal { get; init; }

    /// <summary>Most offers in one answer, 1 to 50.</summary>
    public required int Slots { get; init; }

    public required string Channel { get; init; }

    public required int ChannelNumber { get; init; }

    public required Policy Policy { get; init; }

    /// <summary>Share of customers served uniformly over what is eligible, counted and never learned from; 0 to 1.</summary>
    public required double HoldoutShare { get; init; }

    public required Fallback? Fallback { get; init; }

    /// <summary>Its own, or those of its channel.</summary>
    public required QuietHours? QuietHours { get; init; }

    /// <summary>Consents that everything shown here needs, besides those of the offers.</summary>
    public ImmutableArray<ConsentRequirement> Consents { get; init; } = [];

    /// <summary>Those that act here; the global holdout first, when there is one.</summary>
    public ImmutableArray<Experiment> Experiments { get; init; } = [];

    /// <summary>Answer 200 with the fallback, marked degraded and uncounted, when the node cannot write.</summary>
    public required bool FallbackOnOutage { get; init; }

    /// <summary>Offers that name this placement, in catalog order.</summary>
    public required ImmutableArray<Offer> Offers { get; init; }

    /// <summary>Finds those whose indexed conditions a customer can meet, without touching the others.</summary>
    public required CandidateIndex Candidates { get; init; }
}
