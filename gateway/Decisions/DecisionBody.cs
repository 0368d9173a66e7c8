using System.ComponentModel;
using System.Text.Json;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Gateway.Json;

namespace PmOrleans.Gateway.Decisions;

/// <summary>The answer to a decision request.</summary>
internal sealed record DecisionBody(
    string DecisionId, string CustomerId, DateTime At, int CatalogVersion, bool Degraded, IReadOnlyList<PlacementBody> Placements)
{
    public static DecisionBody From(DecisionAnswer answer) => new(
        answer.DecisionId, answer.CustomerId, IsoTime.ToDateTime(answer.AtMicros), answer.CatalogVersion, answer.Degraded,
        [.. answer.Placements.Select(PlacementBody.From)]);
}

/// <summary>The offers for one placement, best first; fewer than asked for when no more are left.</summary>
internal sealed record PlacementBody(
    string Id,
    string Policy,
    bool Holdout,
    [property: Description("In quiet hours that hold: when to ask again.")] DateTime? HoldUntil,
    [property: Description("Variants it was decided under; left out when there are none.")] IReadOnlyList<VariantOfBody>? Experiments,
    IReadOnlyList<OfferBody> Offers,
    IReadOnlyList<CandidateBody>? Candidates)
{
    public static PlacementBody From(PlacementAnswer answer) => new(
        answer.PlacementId, answer.PolicyId, answer.Holdout, answer.HoldUntilMicros is { } until ? IsoTime.ToDateTime(until) : null,
        answer.Experiments.Length == 0 ? null : [.. answer.Experiments.Select(entry => new VariantOfBody(entry.ExperimentId, entry.VariantId))],
        [.. answer.Offers.Select(OfferBody.From)], answer.Candidates?.Select(CandidateBody.From).ToArray());
}

/// <summary>A variant of an experiment that a placement was decided under.</summary>
internal sealed record VariantOfBody(string Id, string Variant);

/// <summary>One offer; a fallback has neither campaign nor propensity.</summary>
internal sealed record OfferBody(
    int Rank, string OfferId, string? CampaignId, string? CreativeId, JsonElement? Content, double? Propensity, double? Score, bool Fallback)
{
    public static OfferBody From(OfferAnswer answer) => new(
        answer.Rank, answer.OfferId, answer.CampaignId, answer.Creative?.Id, answer.Creative is { } creative ? Bodies.Parse(creative.ContentJson) : null,
        Bodies.Finite(answer.Propensity), Bodies.Finite(answer.Score), answer.Fallback);
}

/// <summary>One candidate of an explanation: its reason, or its numbers.</summary>
internal sealed record CandidateBody(
    string OfferId, string CampaignId, string? Reason, string? Detail, double? Rate, double? Spread, double? Score, double? Price, double? Probability)
{
    public static CandidateBody From(CandidateAnswer answer)
    {
        var numbers = answer.Reason == RemovalReason.None;
        return new CandidateBody(
            answer.OfferId, answer.CampaignId, answer.Reason == RemovalReason.None ? null : ReasonNames.Of(answer.Reason), answer.Detail,
            numbers ? Bodies.Finite(answer.Rate) : null, numbers ? Bodies.Finite(answer.Spread) : null, numbers ? Bodies.Finite(answer.Score) : null,
            numbers ? Bodies.Finite(answer.Price) : null, numbers ? Bodies.Finite(answer.Probability) : null);
    }
}
