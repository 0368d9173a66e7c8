using System.ComponentModel;
using System.Text.Json;
using PmOrleans.Gateway.Json;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Customers;

/// <summary>A live profile.</summary>
internal sealed record CustomerBody(
    string CustomerId,
    IReadOnlyList<string> Ids,
    long Sequence,
    DateTime? FirstSeenAt,
    DateTime? LastSeenAt,
    string? LastChannel,
    IReadOnlyDictionary<string, JsonElement> Attributes,
    IReadOnlyList<ConsentBody> Consents,
    IReadOnlyList<TouchBody> Touchpoints,
    IReadOnlyList<MetricBody> Metrics,
    IReadOnlyList<string> Segments,
    IReadOnlyList<CapBody> Caps,
    IReadOnlyList<SuppressedBody> Suppressed,
    IReadOnlyList<AssignmentBody> Experiments,
    IReadOnlyList<OpenDecisionBody> OpenDecisions)
{
    private static readonly Dictionary<string, JsonElement> None = [];

    public static CustomerBody From(CustomerView view) => new(
        view.CustomerId, view.Ids, view.Sequence, Bodies.Time(view.FirstSeenMicros), Bodies.Time(view.LastSeenMicros), view.LastChannel,
        Bodies.Bag(view.Attributes) ?? None,
        [.. view.Consents.Select(consent => new ConsentBody(consent.Purpose, consent.Channel, consent.Granted ? "granted" : "denied", IsoTime.ToDateTime(consent.AtMicros)))],
        [.. view.Touchpoints.Select(touch => new TouchBody(touch.Type, touch.Count, Bodies.Time(touch.LastAtMicros), Money.ToUnits(touch.ValueMicros)))],
        [.. view.Metrics.Select(metric => new MetricBody(metric.Name, Bodies.Finite(metric.Value), metric.Text, metric.ByKey, metric.Building ? "building" : "ready", metric.SinceMicros is { } since ? IsoTime.ToDateTime(since) : null))],
        view.Segments,
        [.. view.Caps.Select(cap => new CapBody(cap.CapId, cap.Per, cap.Over, cap.Event, cap.Limit, cap.Counted, cap.Reserved))],
        [.. view.Suppressed.Select(pause => new SuppressedBody(pause.RuleId, pause.Per, pause.Over, IsoTime.ToDateTime(pause.UntilMicros)))],
        [.. view.Experiments.Select(entry => new AssignmentBody(
            entry.ExperimentId, entry.VariantId, IsoTime.ToDateTime(entry.AtMicros), Money.ToUnits(entry.ValueMicros)))],
        [.. view.OpenDecisions.Select(open => new OpenDecisionBody(
            open.OfferId, IsoTime.ToDateTime(open.AtMicros), IsoTime.ToDateTime(open.UntilMicros), open.Impressed, open.Clicked, open.Rewarded))]);
}

/// <summary>What was said of a purpose; with a channel, of the purpose there.</summary>
internal sealed record ConsentBody(string Purpose, string? Channel, string State, DateTime At);

/// <summary>A pause after what was ignored or dismissed.</summary>
internal sealed record SuppressedBody(string Id, string Per, string? Over, DateTime Until);

/// <summary>Frequency, recency and monetary value of one type of touchpoint.</summary>
internal sealed record TouchBody(string Type, long Count, DateTime? LastAt, decimal Value);

/// <summary>A metric's value now: a number, a text, or numbers by key; none when there is nothing to take it from.</summary>
internal sealed record MetricBody(
    string Name, double? Value, string? Text, IReadOnlyDictionary<string, double>? ByKey, string State,
    [property: Description("What came before is not counted: the metric is younger than the cut of the log. Left out where everything counts.")] DateTime? Since);

/// <summary>What a cap has counted in its window, and the open reservations beside it.</summary>
internal sealed record CapBody(string Id, string Per, string? Over, string Event, int Limit, int Counted, int Reserved);

/// <summary>The variant of an experiment that the customer has, since when, and what events brought that answer decisions made under it.</summary>
internal sealed record AssignmentBody(string Id, string Variant, DateTime At, decimal Value);

/// <summary>A decision whose outcome is still open.</summary>
internal sealed record OpenDecisionBody(string OfferId, DateTime At, DateTime Until, bool Impressed, bool Clicked, bool Rewarded);

/// <summary>That a customer is erased.</summary>
internal sealed record ErasedBody(string CustomerId, DateTime At)
{
    public static ErasedBody From(Erased erased) => new(erased.CustomerId, IsoTime.ToDateTime(erased.AtMicros));
}
