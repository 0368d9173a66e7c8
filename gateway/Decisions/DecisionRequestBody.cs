using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using PmOrleans.Decisioning.Form;
using PmOrleans.Gateway.Touchpoints;

namespace PmOrleans.Gateway.Decisions;

/// <summary>A request for a decision, as it is described in the OpenAPI document; it is read by <see cref="DecisionParser"/>.</summary>
internal sealed record DecisionRequestBody
{
    [Description("The idempotency key: the same id is answered the same and counted once. Without one a repeat is a new decision.")]
    [StringLength(256, MinimumLength = 1)]
    public string? DecisionId { get; init; }

    [StringLength(256, MinimumLength = 1)]
    public required string CustomerId { get; init; }

    [Description("How long the caller waits.")]
    [Range(1, DecisionLimits.MaxDeadlineMs)]
    public int? DeadlineMs { get; init; }

    [Length(1, DecisionLimits.Placements)]
    public required IReadOnlyList<PlacementRequestBody> Placements { get; init; }

    [Description("channel, device, locale and whatever the catalog declares; at most 64 members.")]
    public IReadOnlyDictionary<string, JsonElement>? Context { get; init; }

    [Description("Applied first; customerId may be left out. One wrong touchpoint refuses the request.")]
    [MaxLength(DecisionLimits.Touchpoints)]
    public IReadOnlyList<TouchpointBody>? Touchpoints { get; init; }

    [Description("Answer every candidate with its reason or its numbers.")]
    public bool? Explain { get; init; }

    [Description("Do all and leave no trace.")]
    public bool? DryRun { get; init; }

    [Description("Time of the request; only for a node on the simulated clock.")]
    public DateTime? At { get; init; }
}

/// <summary>One placement asked for.</summary>
internal sealed record PlacementRequestBody
{
    [StringLength(256, MinimumLength = 1)]
    public required string Id { get; init; }

    [Description("Offers wanted, at most as many as the placement has slots; 1 when left out.")]
    [Range(1, DecisionLimits.Count)]
    public int? Count { get; init; }

    [Description("Offer ids that are not to be answered.")]
    [MaxLength(DecisionLimits.Exclude)]
    public IReadOnlyList<string>? Exclude { get; init; }
}
