using PmOrleans.Decisioning.Catalog;

namespace PmOrleans.Decisioning.Decisions;

/// <summary>What is answered to a request; also what a repeat of its id is answered, rebuilt from the log.</summary>
public sealed class DecisionAnswer
{
    public required string DecisionId { get; init; }

    public required string CustomerId { get; init; }

    public required long AtMicros { get; init; }

    public required int CatalogVersion { get; init; }

    /// <summary>The node could not write; fallbacks only, nothing counted.</summary>
    public bool Degraded { get; init; }

    /// <summary>This id was decided before; nothing was counted again.</summary>
    public bool Repeated { get; init; }

    public required PlacementAnswer[] Placements { get; init; }
}

/// <summary>The offers for one placement, best first; fewer than asked for when no more are left.</summary>
public sealed class PlacementAnswer
{
    public required string PlacementId { get; init; }

    public required string PolicyId { get; init; }

    public required bool Holdout { get; init; }

    public required OfferAnswer[] Offers { get; init; }

    /// <summary>In quiet hours that hold: when to ask again; otherwise <c>null</c>.</summary>
    public long? HoldUntilMicros { get; init; }

    /// <summary>Variants it was decided under, by experiment; the global holdout is <c>holdout</c>.</summary>
    public VariantAnswer[] Experiments { get; init; } = [];

    /// <summary>With <c>explain</c>: every candidate, its reason or its numbers; otherwise <c>null</c>.</summary>
    public CandidateAnswer[]? Candidates { get; init; }
}

/// <summary>A variant that a placement was decided under.</summary>
public sealed record VariantAnswer(string ExperimentId, string VariantId);

/// <summary>One offer answered.</summary>
/// <param name="Rank">From 1.</param>
/// <param name="CampaignId"><c>null</c> for a fallback.</param>
/// <param name="Propensity">Probability of this offer and creative at this rank, given the earlier ranks; <c>null</c> for a fallback.</param>
/// <param name="Creative"><c>null</c> only when the catalog version that had it cannot be read any more.</param>
public sealed record OfferAnswer(
    int Rank, string OfferId, string? CampaignId, Creative? Creative, double? Propensity, double? Score, bool Fallback);

/// <summary>One candidate of an explanation.</summary>
/// <param name="Reason">Why it is not in the answer; <see cref="RemovalReason.None"/>: it survived every filter and has numbers.</param>
/// <param name="Detail">Which rule, cap or consent, for people.</param>
/// <param name="Price">Shadow price of its campaign's money.</param>
/// <param name="Probability">With which the first slot would draw it.</param>
public sealed record CandidateAnswer(
    string OfferId, string CampaignId, RemovalReason Reason, string? Detail, double Rate, double Spread, double Score, double Price, double Probability);
