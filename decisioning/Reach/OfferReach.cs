using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Decisions;

namespace PmOrleans.Decisioning.Reach;

/// <summary>Something that keeps an offer from customers.</summary>
/// <param name="Detail">The rule as written, the purpose, the id of the cap or of the suppression.</param>
/// <param name="Customers">For how many, whatever else keeps them away: removals overlap.</param>
public sealed record ReachRemoval(RemovalReason Reason, string? Detail, long Customers);

/// <summary>Whom an offer could reach.</summary>
/// <param name="Eligible">Customers for whom its rules hold and who gave its consents.</param>
/// <param name="Reach">Those of them that no cap and no suppression holds back now; 0 when the offer is blocked.</param>
/// <param name="Blocked">What keeps it from everybody: pause, stock, flight over, in no placement (<see cref="RemovalReason.Excluded"/>).</param>
/// <param name="DependsOnContext">A rule reads something of the request that was not given: counted as if it held.</param>
/// <param name="Removals">Most first.</param>
public sealed record OfferReach(
    Offer Offer, long Eligible, long Reach, RemovalReason Blocked, bool DependsOnContext, IReadOnlyList<ReachRemoval> Removals);
