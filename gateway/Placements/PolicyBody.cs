using System.ComponentModel;
using PmOrleans.Gateway.Json;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Placements;

/// <summary>What a placement's policy has learned.</summary>
internal sealed record PolicyBody(
    string PlacementId,
    string PolicyId,
    string Model,
    string Exploration,
    string Goal,
    long Observations,
    [property: Description("Exploration entropy in nats over the offers listed, were all of them eligible.")] double? Entropy,
    DateTime? UpdatedAt,
    IReadOnlyList<EstimateBody> Offers)
{
    public static PolicyBody From(PolicyView view) => new(
        view.PlacementId, view.PolicyId, view.Model, view.Exploration, view.Goal, view.Observations, Bodies.Finite(view.Entropy),
        Bodies.Time(view.UpdatedAtMicros), [.. view.Offers.Select(EstimateBody.From)]);
}

/// <summary>An offer's estimated rate with its 95 % interval.</summary>
internal sealed record EstimateBody(
    string OfferId,
    [property: Description("Segment that has estimates of its own.")] string? Segment,
    double? Rate,
    double? Spread,
    double? Lower,
    double? Upper,
    double? Trials,
    double? Rewards,
    [property: Description("Shown, outcome still open.")] long Pending,
    [property: Description("With which the first slot would draw it.")] double? Probability,
    DateTime? UpdatedAt)
{
    public static EstimateBody From(EstimateView view) => new(
        view.OfferId, view.Segment, Bodies.Finite(view.Rate), Bodies.Finite(view.Spread), Bodies.Finite(view.Lower), Bodies.Finite(view.Upper),
        Bodies.Finite(view.Trials), Bodies.Finite(view.Rewards), view.Pending, Bodies.Finite(view.Probability), Bodies.Time(view.UpdatedAtMicros));
}
