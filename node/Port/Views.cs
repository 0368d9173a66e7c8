using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Segments;

namespace PmOrleans.Node.Port;

/// <summary>What became of a batch.</summary>
/// <param name="Accepted">Applied and durable.</param>
/// <param name="Duplicates">Known message ids; nothing changed.</param>
/// <param name="Unprotected">Accepted ones without a message id: a repeat of these would count again.</param>
public sealed record IngestAnswer(int Accepted, int Duplicates, int Unprotected, IReadOnlyList<RejectedTouchpoint> Rejected)
{
    /// <summary>Durable and not yet applied; the others are applied.</summary>
    public int Queued { get; init; }
}

/// <summary>One touchpoint that was not applied.</summary>
/// <param name="Index">In the batch, from 0.</param>
public sealed record RejectedTouchpoint(int Index, IReadOnlyDictionary<string, string[]> Errors);

/// <summary>Every outside id of a customer, the first first.</summary>
public sealed record CustomerIds(string CustomerId, IReadOnlyList<string> Ids);

public sealed record Erased(string CustomerId, long AtMicros);

/// <summary>A live profile.</summary>
/// <param name="Ids">Every outside id.</param>
/// <param name="Sequence">Of the last fact folded.</param>
public sealed record CustomerView(
    string CustomerId,
    IReadOnlyList<string> Ids,
    long Sequence,
    long FirstSeenMicros,
    long LastSeenMicros,
    string? LastChannel,
    IReadOnlyList<Property> Attributes,
    IReadOnlyList<ConsentView> Consents,
    IReadOnlyList<TouchView> Touchpoints,
    IReadOnlyList<MetricView> Metrics,
    IReadOnlyList<string> Segments,
    IReadOnlyList<CapView> Caps,
    IReadOnlyList<OpenDecisionView> OpenDecisions)
{
    /// <summary>What is paused for this customer now.</summary>
    public IReadOnlyList<SuppressedView> Suppressed { get; init; } = [];

    /// <summary>Experiments the customer is or was in.</summary>
    public IReadOnlyList<AssignmentView> Experiments { get; init; } = [];
}

/// <summary>What was said of a purpose, or of a purpose in one channel.</summary>
public sealed record ConsentView(string Purpose, bool Granted, long AtMicros)
{
    /// <summary><c>null</c>: in every channel of which nothing else was said.</summary>
    public string? Channel { get; init; }
}

/// <summary>A pause after what was ignored or dismissed.</summary>
/// <param name="Over">Id of the offer, campaign, category or channel; <c>null</c> for all.</param>
public sealed record SuppressedView(string RuleId, string Per, string? Over, long UntilMicros);

/// <summary>Frequency, recency and monetary value of one type of touchpoint.</summary>
public sealed record TouchView(string Type, long Count, long LastAtMicros, long ValueMicros);

/// <summary>A metric's value now.</summary>
/// <param name="Value">The number; <c>null</c> when it has none, or is a text or by keys.</param>
public sealed record MetricView(string Name, double? Value)
{
    /// <summary>The value of a metric that is a text.</summary>
    public string? Text { get; init; }

    /// <summary>The numbers by key of a metric that has keys.</summary>
    public IReadOnlyDictionary<string, double>? ByKey { get; init; }

    /// <summary>Whether older touchpoints are still being folded into it.</summary>
    public bool Building { get; init; }

    /// <summary>
    /// What came before this is not counted although the window reaches back to it: the metric is younger than the cut of the log. Unix microseconds;
    /// <c>null</c> where everything counts.
    /// </summary>
    public long? SinceMicros { get; init; }
}

/// <summary>What a cap has counted in its window, and the open reservations beside it.</summary>
public sealed record CapView(string CapId, string Per, string? Over, string Event, int Limit, int Counted, int Reserved);

/// <summary>A decision whose outcome is still open.</summary>
public sealed record OpenDecisionView(string OfferId, long AtMicros, long UntilMicros, bool Impressed, bool Clicked, bool Rewarded);

/// <summary>A stretch of a customer's history.</summary>
/// <param name="Next">Cursor for the next page, or <c>null</c> at the end.</param>
public sealed record FactPage(IReadOnlyList<FactView> Facts, long? Next)
{
    /// <summary>When the customer's first facts have been cut from the log, and this page would begin with them: nothing that was cut is later. Unix microseconds.</summary>
    public long? CutBeforeMicros { get; init; }
}

/// <summary>One fact for people and programs to read.</summary>
/// <param name="Sequence">Cursor.</param>
/// <param name="Kind">touchpoint, decision, outcome …</param>
public sealed record FactView(
    long Sequence, string Kind, long AtMicros, long ReceivedAtMicros, bool Late, Touchpoint? Touchpoint, DecisionAnswer? Decision, OutcomeView? Outcome)
{
    /// <summary>Ids of the segments the customer entered and left here; <c>null</c> for facts of another kind.</summary>
    public SegmentChangeView? Segments { get; init; }
}

/// <summary>Segments entered and left at one moment, by id.</summary>
public sealed record SegmentChangeView(IReadOnlyList<string> Entered, IReadOnlyList<string> Left);

/// <summary>What became of a decided offer.</summary>
/// <param name="DecisionId"><c>null</c> where the event answers no decision that was open, or one that has been cut from the log.</param>
/// <param name="Event">impression, click, conversion, dismiss, expired, released.</param>
/// <param name="Reward">0 or 1 when this resolved the trial, otherwise <c>null</c>.</param>
public sealed record OutcomeView(
    string? DecisionId, string? OfferId, string? CampaignId, string Event, long AtMicros, int? Reward, long ValueMicros, long SettledMicros, long UnbilledMicros, long ReleasedMicros, bool Late);

/// <summary>A logged decision with its explanation and what became of it.</summary>
/// <param name="Context">As it was sent.</param>
public sealed record DecisionView(DecisionAnswer Answer, IReadOnlyList<Property> Context, IReadOnlyList<OutcomeView> Outcomes);

/// <summary>The live catalog.</summary>
/// <param name="Bundle">Canonical JSON.</param>
public sealed record CatalogView(int Version, string Hash, long PublishedAtMicros, ReadOnlyMemory<byte> Bundle)
{
    /// <summary>How far the customers of the store are folded with its metrics, caps and segments; a customer who does something is, whatever this says.</summary>
    public double BuiltPercent { get; init; } = 100;
}

/// <summary>One error or warning of a catalog.</summary>
/// <param name="Line">From 1; 0 when there is no source text.</param>
public sealed record CatalogProblem(
    bool IsError, string Code, string? File, int Line, int Column, string Path, string Message, string? Hint);

/// <summary>One difference between two versions.</summary>
/// <param name="Change">added, removed, changed.</param>
public sealed record CatalogChange(string Kind, string Id, string Change, IReadOnlyList<string> Fields);

/// <summary>What a publish did, or would do.</summary>
/// <param name="Version">The version live now; 0 when nothing was ever published.</param>
/// <param name="Published">Whether it is this bundle.</param>
public sealed record PublishAnswer(
    bool Published, int Version, string? Hash, IReadOnlyList<CatalogProblem> Problems, IReadOnlyList<CatalogChange> Changes);

/// <summary>A campaign's ledger, price and results. Amounts in micros: budget = settled + reserved + leased + free, always.</summary>
/// <param name="Watermark">Sequence of the last log record in these figures.</param>
public sealed record CampaignView(
    string Id,
    string? Name,
    string Status,
    bool Paused,
    string Currency,
    LedgerView? Total,
    LedgerView? Today,
    double Price,
    IReadOnlyList<OfferResultView> Offers,
    long Watermark);

/// <param name="Day">yyyymmdd for a daily budget, 0 for the total.</param>
public sealed record LedgerView(
    int Day, long BudgetMicros, long SettledMicros, long ReservedMicros, long LeasedMicros, long FreeMicros, long UnbilledMicros);

/// <param name="InStock">Whether it can be shown: in stock by the catalog, and not switched off by an operator.</param>
public sealed record OfferResultView(
    string OfferId,
    long Decisions,
    long Impressions,
    long Clicks,
    long Conversions,
    long Rewards,
    long SettledMicros,
    long ValueMicros,
    bool InStock = true);

/// <summary>A segment's size and aggregates, exact as of a watermark.</summary>
/// <param name="Status"><c>live</c>, <c>building</c> while customers are still brought up to date after a publish, or <c>per-request</c>: its rule reads the request, so nobody is in it between requests.</param>
/// <param name="Size">Members; <c>null</c> for one that is per request.</param>
public sealed record SegmentView(string Id, string? Name, string Status, long? Size, long Watermark)
{
    /// <summary>Percent of the customers brought up to date, while it is being built.</summary>
    public int? Progress { get; init; }

    /// <summary>How many ever entered; size = entered - left, always.</summary>
    public long Entered { get; init; }

    public long Left { get; init; }

    /// <summary>Those of the last 60 minutes that saw anybody enter or leave, oldest first; <c>null</c> in a list of segments.</summary>
    public IReadOnlyList<SegmentMinute>? Minutes { get; init; }

    /// <summary>What the catalog declares to be added up over the members.</summary>
    public IReadOnlyList<SegmentSumView> Sums { get; init; } = [];
}

/// <param name="Of">The expression, as the catalog has it.</param>
/// <param name="Value">Sum over the members of their values, each rounded to a millionth.</param>
public sealed record SegmentSumView(string Of, decimal Value);

/// <summary>How many customers are in both of two segments.</summary>
public sealed record SegmentOverlapView(string Id, string With, long Size, long WithSize, long Both, long Watermark);

/// <summary>What a placement's policy has learned.</summary>
/// <param name="Entropy">Exploration entropy in nats over the offers listed, were all of them eligible.</param>
public sealed record PolicyView(
    string PlacementId, string PolicyId, string Model, string Exploration, string Goal, long Observations, double Entropy, long UpdatedAtMicros, IReadOnlyList<EstimateView> Offers);

/// <param name="Segment">Segment with estimates of its own, or <c>null</c>.</param>
/// <param name="Lower">Of the 95 % interval.</param>
public sealed record EstimateView(
    string OfferId, string? Segment, double Rate, double Spread, double Lower, double Upper, double Trials, double Rewards, long Pending, double Probability, long UpdatedAtMicros);
