using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Nodes;
using PmOrleans.Decisioning.Form;
using PmOrleans.Gateway.Decisions;
using PmOrleans.Gateway.Json;
using PmOrleans.Gateway.Touchpoints;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Catalog;

/// <summary>A request for a preview, as it is described in the OpenAPI document; it is read by <see cref="TrialParser"/>.</summary>
internal sealed record PreviewRequestBody
{
    [Description("Name of a draft; with neither draft nor bundle the live catalog is tried.")]
    public string? Draft { get; init; }

    [Description("A catalog bundle, instead of a draft.")]
    public JsonObject? Bundle { get; init; }

    [Description("A customer; nothing is changed. Without one, profile describes somebody.")]
    [StringLength(256, MinimumLength = 1)]
    public string? CustomerId { get; init; }

    [Description("Applied to the customer, or to nobody, before deciding.")]
    public ProfileBody? Profile { get; init; }

    [Length(1, DecisionLimits.Placements)]
    public required IReadOnlyList<PlacementRequestBody> Placements { get; init; }

    [Description("channel, device, locale and whatever the catalog declares.")]
    public IReadOnlyDictionary<string, JsonElement>? Context { get; init; }

    [Description("Seed of the draw: the same id draws the same again.")]
    [StringLength(256, MinimumLength = 1)]
    public string? DecisionId { get; init; }
}

/// <summary>Somebody described.</summary>
internal sealed record ProfileBody
{
    public IReadOnlyDictionary<string, JsonElement>? Attributes { get; init; }

    [Description("granted or denied by purpose; or an object of these by channel.")]
    public IReadOnlyDictionary<string, JsonElement>? Consents { get; init; }

    [Description("What the customer did, oldest first.")]
    public IReadOnlyList<TouchpointBody>? Touchpoints { get; init; }
}

/// <summary>What would be answered, every candidate explained; catalogVersion is the number the catalog would get.</summary>
internal sealed record PreviewBody(DecisionBody Decision, IReadOnlyList<CatalogProblemBody> Warnings)
{
    public static PreviewBody From(PreviewView view) => new(
        DecisionBody.From(view.Answer!), [.. view.Problems.Where(problem => !problem.IsError).Select(CatalogProblemBody.From)]);
}

/// <summary>A request to count whom a catalog reaches.</summary>
internal sealed record ReachRequestBody
{
    [Description("Name of a draft; with neither draft nor bundle the live catalog is tried.")]
    public string? Draft { get; init; }

    [Description("A catalog bundle, instead of a draft.")]
    public JsonObject? Bundle { get; init; }

    [Description("What requests would say. Rules that read something else of the request count as holding.")]
    public IReadOnlyDictionary<string, JsonElement>? Context { get; init; }
}

/// <summary>A count of whom each offer could reach.</summary>
internal sealed record ReachBody(
    string Id,
    [property: Description("running, done, cancelled or failed.")] string Status,
    [property: Description("Of the customers, 0 to 100.")] double Percent,
    [property: Description("Looked at so far.")] long Customers,
    [property: Description("The catalog defines metrics or caps otherwise than the live one: every history is folded anew, which takes longer.")] bool Refolds,
    DateTime StartedAt,
    DateTime? EndedAt,
    string? Failure,
    [property: Description("Least reach first; empty until done.")] IReadOnlyList<OfferReachBody> Offers,
    IReadOnlyList<CatalogProblemBody> Warnings)
{
    public static ReachBody From(ReachView view) => new(
        view.Id, view.Status, view.Percent, view.Customers, view.Refolds, IsoTime.ToDateTime(view.StartedAtMicros),
        view.EndedAtMicros is { } ended ? IsoTime.ToDateTime(ended) : null, view.Failure,
        [.. view.Offers.OrderBy(offer => offer.Reach).Select(OfferReachBody.From)],
        [.. view.Problems.Where(problem => !problem.IsError).Select(CatalogProblemBody.From)]);
}

/// <summary>Whom one offer could reach.</summary>
internal sealed record OfferReachBody(
    string OfferId,
    string CampaignId,
    [property: Description("Those eligible that no cap and no suppression holds back now; 0 when it is blocked.")] long Reach,
    [property: Description("Customers for whom its rules hold and who gave its consents.")] long Eligible,
    [property: Description("What keeps it from everybody: paused, out-of-stock, flight, excluded (in no placement).")] string? Blocked,
    [property: Description("A rule reads something of the request that was not given; it counts as holding.")] bool DependsOnContext,
    [property: Description("What keeps it from customers, most first. They overlap: who fails two counts in both.")] IReadOnlyList<ReachRemovalBody> RemovedBy)
{
    public static OfferReachBody From(OfferReachView view) => new(
        view.OfferId, view.CampaignId, view.Reach, view.Eligible, view.Blocked is { } blocked ? ReasonNames.Of(blocked) : null, view.DependsOnContext,
        [.. view.Removals.Select(removal => new ReachRemovalBody(ReasonNames.Of(removal.Reason), removal.Detail, removal.Customers))]);
}

internal sealed record ReachRemovalBody(
    string Reason, [property: Description("The rule as written, the purpose of a consent, the id of a cap or suppression.")] string? Detail, long Customers);
