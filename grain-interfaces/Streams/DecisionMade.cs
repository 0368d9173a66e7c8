namespace PmOrleans.GrainInterfaces.Streams;

/// <summary>A committed decision, without anything personal. Published at least once, and lost with a silo that has it on its way: the same node and sequence is the same decision.</summary>
/// <param name="Node">Whose log it is in.</param>
/// <param name="Sequence">Of its record there.</param>
/// <param name="AtMicros">Customer time, Unix microseconds.</param>
[GenerateSerializer]
[Immutable]
[Alias("PmOrleans.DecisionMade")]
public sealed record DecisionMade(
    [property: Id(0)] string Node,
    [property: Id(1)] long Sequence,
    [property: Id(2)] long AtMicros,
    [property: Id(3)] int CatalogVersion,
    [property: Id(4)] ShownOffer[] Offers);

/// <summary>One offer of a decision.</summary>
/// <param name="PlacementId">Ids are those of the live catalog; <c>null</c> for what it does not know any more.</param>
/// <param name="OfferId"><c>null</c> for a fallback as well.</param>
/// <param name="Propensity">0 for a fallback.</param>
[GenerateSerializer]
[Immutable]
[Alias("PmOrleans.ShownOffer")]
public sealed record ShownOffer(
    [property: Id(0)] string? PlacementId,
    [property: Id(1)] string? OfferId,
    [property: Id(2)] string? CampaignId,
    [property: Id(3)] double Propensity,
    [property: Id(4)] bool Holdout);
