using PmOrleans.Decisioning.Decisions;

namespace PmOrleans.Node.Port;

/// <summary>Which catalog to try: a draft by name, a bundle, or the live one when both are <c>null</c>.</summary>
public sealed record CatalogChoice(string? Draft, ReadOnlyMemory<byte>? Bundle)
{
    public static CatalogChoice Live { get; } = new(null, null);
}

/// <summary>What a customer would see.</summary>
/// <param name="Request">Its touchpoints are applied first: a described customer is nothing but touchpoints. Explained, and never logged.</param>
/// <param name="Described">Start from nobody, not from the customer of that id.</param>
public sealed record PreviewRequest(CatalogChoice Catalog, DecisionRequest Request, bool Described);

/// <summary>The decision that would be answered.</summary>
/// <param name="Answer"><c>null</c> when the catalog has errors.</param>
/// <param name="Problems">Of the catalog tried.</param>
public sealed record PreviewView(DecisionAnswer? Answer, IReadOnlyList<CatalogProblem> Problems);

/// <summary>A count of whom the offers of a catalog could reach.</summary>
/// <param name="Status">running, done, cancelled, failed; <c>invalid</c> when the catalog has errors, and nothing was begun.</param>
/// <param name="Percent">Of the customers, 0 to 100.</param>
/// <param name="Customers">Looked at so far.</param>
/// <param name="Refolds">The catalog defines metrics or caps otherwise than the live one, so every customer's history is folded anew; that takes longer.</param>
/// <param name="Offers">In catalog order; empty until done.</param>
/// <param name="Problems">Of the catalog tried.</param>
public sealed record ReachView(
    string Id,
    string Status,
    double Percent,
    long Customers,
    bool Refolds,
    long StartedAtMicros,
    long? EndedAtMicros,
    string? Failure,
    IReadOnlyList<OfferReachView> Offers,
    IReadOnlyList<CatalogProblem> Problems);

/// <summary>Whom an offer could reach.</summary>
/// <param name="Eligible">Customers for whom its rules hold and who gave its consents.</param>
/// <param name="Reach">Those of them that no cap and no suppression holds back now; 0 when the offer is blocked.</param>
/// <param name="Blocked">What keeps it from everybody, as a removal reason; <c>null</c>: nothing.</param>
/// <param name="DependsOnContext">A rule reads something of the request that was not given: counted as if it held.</param>
/// <param name="Removals">What keeps it from customers, most first; they overlap.</param>
public sealed record OfferReachView(
    string OfferId, string CampaignId, long Eligible, long Reach, RemovalReason? Blocked, bool DependsOnContext, IReadOnlyList<ReachRemovalView> Removals);

/// <param name="Detail">The rule as written, the purpose of a consent, the id of a cap or suppression.</param>
public sealed record ReachRemovalView(RemovalReason Reason, string? Detail, long Customers);
