namespace PmOrleans.Node.Port;

/// <summary>An experiment and what each of its variants brought, exact as of a watermark.</summary>
/// <param name="Status">scheduled, running, ended; removed: not in the live catalog any more.</param>
/// <param name="Share">Share of customers who are in it; 0 once removed.</param>
/// <param name="StartMicros">Unix microseconds, or <c>null</c> for none.</param>
/// <param name="Watermark">Sequence of the last log record in these figures.</param>
public sealed record ExperimentView(
    string Id,
    string? Name,
    string Status,
    string? Layer,
    double Share,
    long? StartMicros,
    long? EndMicros,
    string Currency,
    IReadOnlyList<VariantView> Variants,
    long Watermark);

/// <summary>One variant's counts and sums; see the tally of the decision core for what each is.</summary>
/// <param name="Weight">Its share of the experiment's customers; <c>null</c>: not in the live catalog any more.</param>
/// <param name="ValueSquares">Sum over customers of the square of each one's value, in units squared.</param>
public sealed record VariantView(
    string Id,
    double? Weight,
    long Customers,
    long Exposures,
    long Impressions,
    long Clicks,
    long Conversions,
    long Rewards,
    long ValueMicros,
    double ValueSquares,
    long SpendMicros);

/// <summary>The variant a customer has.</summary>
/// <param name="AtMicros">Since when.</param>
/// <param name="ValueMicros">What events that answer decisions made under it have brought.</param>
public sealed record AssignmentView(string ExperimentId, string VariantId, long AtMicros, long ValueMicros);
