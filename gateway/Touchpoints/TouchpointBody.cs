using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Gateway.Json;

namespace PmOrleans.Gateway.Touchpoints;

/// <summary>A touchpoint, as it is sent and as it is given back in a history.</summary>
internal sealed record TouchpointBody
{
    [Description("The sender's idempotency key within the customer. Without one a repeat counts again.")]
    [StringLength(256, MinimumLength = 1)]
    public string? MessageId { get; init; }

    [Description("Required, but for a touchpoint inside of a decision request.")]
    [StringLength(256, MinimumLength = 1)]
    public string? CustomerId { get; init; }

    [Description("view, search, cart_add, purchase, impression, click, dismiss, rating, identify, consent, or any other.")]
    [StringLength(128, MinimumLength = 1)]
    public required string Type { get; init; }

    [Description("When it happened, with an offset; at most 5 minutes ahead. Left out: when it is received.")]
    public DateTime? At { get; init; }

    [StringLength(128, MinimumLength = 1)]
    public string? Channel { get; init; }

    [Description("The decision this answers.")]
    [StringLength(256, MinimumLength = 1)]
    public string? DecisionId { get; init; }

    [StringLength(256, MinimumLength = 1)]
    public string? OfferId { get; init; }

    [Description("Amount in units of the currency, rounded to the micro.")]
    [Range(0d, 1_000_000_000_000d)]
    public decimal? Value { get; init; }

    [Description("ISO 4217 code; the catalog's.")]
    [RegularExpression("^[A-Z]{3}$")]
    public string? Currency { get; init; }

    [Description("At most 64 members; texts up to 4,096 characters.")]
    public IReadOnlyDictionary<string, JsonElement>? Properties { get; init; }

    [Description("For identify: attributes to set.")]
    public IReadOnlyDictionary<string, JsonElement>? Set { get; init; }

    [Description("For identify: attributes to remove.")]
    public IReadOnlyList<string>? Unset { get; init; }

    [Description("For consent: what for.")]
    public string? Purpose { get; init; }

    [Description("For consent: granted or denied.")]
    public string? State { get; init; }

    public static TouchpointBody From(Touchpoint touchpoint) => new()
    {
        MessageId = touchpoint.MessageId,
        CustomerId = touchpoint.CustomerId,
        Type = touchpoint.Type,
        At = touchpoint.AtMicros is { } at ? IsoTime.ToDateTime(at) : null,
        Channel = touchpoint.Channel,
        DecisionId = touchpoint.DecisionId,
        OfferId = touchpoint.OfferId,
        Value = touchpoint.ValueMicros is { } value ? Money.ToUnits(value) : null,
        Currency = touchpoint.Currency,
        Properties = Bodies.Bag(touchpoint.Properties),
        Set = Bodies.Bag(touchpoint.Set),
        Unset = touchpoint.Unset.Length == 0 ? null : touchpoint.Unset,
        Purpose = touchpoint.Purpose,
        State = touchpoint.Granted is { } granted ? granted ? "granted" : "denied" : null,
    };
}
