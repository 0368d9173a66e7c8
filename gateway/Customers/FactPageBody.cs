using System.ComponentModel;
using System.Text.Json.Serialization;
using PmOrleans.Gateway.Decisions;
using PmOrleans.Gateway.Json;
using PmOrleans.Gateway.Touchpoints;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Customers;

/// <summary>A stretch of a customer's history.</summary>
internal sealed record FactPageBody(
    IReadOnlyList<FactBody> Facts,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never), Description("To be sent as after for the next page; null at the end.")] long? Next,
    [property: Description("Facts before the first one here have been cut from the log: none of them is later than this. Left out where none were.")] DateTime? CutBefore)
{
    public static FactPageBody From(FactPage page) => new([.. page.Facts.Select(FactBody.From)], page.Next, page.CutBeforeMicros is { } cut ? IsoTime.ToDateTime(cut) : null);
}

/// <summary>One fact: what kind it is, when it happened and was received (left out where a fact has no time), and the thing itself.</summary>
internal sealed record FactBody(
    long Sequence, string Kind, DateTime? At, DateTime? ReceivedAt, bool Late, TouchpointBody? Touchpoint, DecisionBody? Decision, OutcomeBody? Outcome,
    SegmentChangeBody? Segments)
{
    public static FactBody From(FactView view) => new(
        view.Sequence, view.Kind, Bodies.Time(view.AtMicros), Bodies.Time(view.ReceivedAtMicros), view.Late,
        view.Touchpoint is { } touchpoint ? TouchpointBody.From(touchpoint) : null,
        view.Decision is { } decision ? DecisionBody.From(decision) : null,
        view.Outcome is { } outcome ? OutcomeBody.From(outcome) : null,
        view.Segments is { } segments ? new SegmentChangeBody(segments.Entered, segments.Left) : null);
}

/// <summary>Ids of the segments a customer entered and left at one moment.</summary>
internal sealed record SegmentChangeBody(IReadOnlyList<string> Entered, IReadOnlyList<string> Left);

/// <summary>What became of a decided offer.</summary>
internal sealed record OutcomeBody(
    [property: Description("Left out where the event answers no decision that was open, or one that has been cut from the log.")] string? DecisionId,
    string? OfferId,
    string? CampaignId,
    [property: Description("impression, click, conversion, dismiss, expired, released")] string Event,
    DateTime At,
    [property: Description("0 or 1 when this resolved the trial.")] int? Reward,
    [property: Description("What the event brought.")] decimal Value,
    decimal Settled,
    decimal Unbilled,
    decimal Released,
    bool Late)
{
    public static OutcomeBody From(OutcomeView view) => new(
        view.DecisionId, view.OfferId, view.CampaignId, view.Event, IsoTime.ToDateTime(view.AtMicros), view.Reward,
        Money.ToUnits(view.ValueMicros), Money.ToUnits(view.SettledMicros), Money.ToUnits(view.UnbilledMicros), Money.ToUnits(view.ReleasedMicros), view.Late);
}
