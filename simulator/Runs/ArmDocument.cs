using System.Text.Json.Serialization;
using PmOrleans.Simulator.Measuring;

namespace PmOrleans.Simulator.Runs;

/// <summary>One policy's run over the visits.</summary>
public sealed record ArmDocument
{
    public required string Name { get; init; }

    public required double Seconds { get; init; }

    public required long Customers { get; init; }

    public required long Decisions { get; init; }

    /// <summary>Decisions that answered the fallback or nothing.</summary>
    public required long Fallbacks { get; init; }

    public required long Refused { get; init; }

    /// <summary>The first refusals, each text once.</summary>
    public required IReadOnlyList<string> Refusals { get; init; }

    public required long Touchpoints { get; init; }

    public required long TouchpointsRejected { get; init; }

    public required long Clicks { get; init; }

    public required long Purchases { get; init; }

    /// <summary>Sum of true rates of clicks of what was shown: clicks without their luck.</summary>
    public required double ExpectedClicks { get; init; }

    /// <summary>Sum of true rate x value - cost of what was shown, in the catalog's currency.</summary>
    public required double ExpectedValue { get; init; }

    public required string Currency { get; init; }

    public required LatencyDocument Latency { get; init; }

    public required IReadOnlyList<CurvePoint> Curve { get; init; }

    public required IReadOnlyList<OfferDocument> Offers { get; init; }

    public required IReadOnlyList<RemovalDocument> Removals { get; init; }

    /// <summary>Decisions that were explained, for <see cref="Removals"/>.</summary>
    public required long Explained { get; init; }

    public required IReadOnlyList<BudgetDocument> Budgets { get; init; }

    public required IReadOnlyList<CapDocument> Caps { get; init; }

    public required IReadOnlyList<SegmentDocument> Segments { get; init; }

    public OffPolicyDocument? Logged { get; init; }

    public VerificationDocument? Verification { get; init; }
}

/// <summary>A stretch of the decisions, in their order.</summary>
/// <param name="FromDecision">From 0.</param>
/// <param name="TrueRate">Mean true rate of what was shown.</param>
/// <param name="BestRate">Mean true rate of the best offer of the placement, eligible or not, over a sample; 0 where there is none.</param>
/// <param name="UniformRate">The same for one drawn evenly.</param>
public sealed record CurvePoint(
    long FromDecision, DateTime At, long Decisions, long Shown, long Clicks, double TrueRate, double TrueValue, double BestRate, double UniformRate);

/// <param name="TrueRate">Mean over the decisions that showed it.</param>
public sealed record OfferDocument(string Id, string Campaign, long Shown, long Clicks, double TrueRate);

/// <param name="Count">Candidates removed for it, over the decisions explained.</param>
public sealed record RemovalDocument(string Reason, long Count);

/// <summary>Spending of a campaign over simulated time, in the catalog's currency.</summary>
/// <param name="Plan">What spending evenly would have spent by then.</param>
public sealed record BudgetDocument(
    string Campaign, bool Paced, IReadOnlyList<BudgetPoint> Points, double? Total = null, double? Daily = null);

public sealed record BudgetPoint(DateTime At, double Spent, double Plan, double Reserved, double Price);

/// <summary>How full a cap was, over a sample of customers and looks.</summary>
/// <param name="Looks">Counters looked at that had counted something: a customer and scope each.</param>
/// <param name="Shares">Up to a quarter, half, three quarters, below full, full.</param>
public sealed record CapDocument(string Id, string Event, int Limit, long Looks, IReadOnlyList<long> Shares, int Highest);

/// <param name="Sample">Customers looked at, or 0 when the engine counted all.</param>
public sealed record SegmentDocument(string Id, int Sample, IReadOnlyList<SegmentPoint> Points);

public sealed record SegmentPoint(DateTime At, double Size);

/// <summary>What another system's log says about the policy: it is judged on the visits where it drew what was logged.</summary>
/// <param name="Estimate">Clicks a decision by inverse propensity, with its standard error.</param>
public sealed record OffPolicyDocument(long Rows, long Matched, long MatchedClicks, double Estimate, double StandardError, double LoggedRate)
{
    /// <summary>
    /// Clicks below which a normal interval says too much: measured over uneven propensities, one of 95 % covers the truth in 94 of 100 logs with some seventeen matched clicks, in
    /// 89 with five, in 74 with two, and with none it has no width.
    /// </summary>
    private const int FewestClicks = 10;

    /// <summary>Half of the interval of 95 %; <c>null</c>: too few clicks for one.</summary>
    [JsonIgnore]
    public double? Half95 => MatchedClicks < FewestClicks ? null : 1.959964 * StandardError;
}

/// <summary>The recount of the run's log.</summary>
/// <param name="Counts">A line of the recount each: caps broken, budget overspent … with how many.</param>
public sealed record VerificationDocument(
    bool IsClean, long Records, long Customers, long Decisions, long Touchpoints, long CapChecks, double Seconds,
    IReadOnlyDictionary<string, long> Counts, IReadOnlyList<string> Findings);

/// <summary>
/// More than any policy can expect over the same visits: money is priced with hindsight and every budget kept, caps are left out. Clicks have their luck, so an arm may
/// come out a little above.
/// </summary>
/// <param name="ExpectedValue">In the catalog's currency.</param>
/// <param name="StandardError">Of having looked at a sample of the visits; 0: at all.</param>
/// <param name="Prices">Lowest, mean and highest price of a campaign's money over its days, where it had one.</param>
public sealed record BoundDocument(double ExpectedValue, double StandardError, long Visits, long Surveyed, IReadOnlyList<MoneyPriceDocument> Prices);

/// <param name="Days">With a price above 0; 0 for a budget of the whole flight.</param>
public sealed record MoneyPriceDocument(string Campaign, int Days, double Lowest, double Mean, double Highest);

/// <summary>The difference between two arms over the same visits.</summary>
/// <param name="Difference">First less second, a customer.</param>
/// <param name="RelativePercent">Of what the second has.</param>
public sealed record ComparisonDocument(string First, string Second, string Measure, double Difference, double RelativePercent, long Customers)
{
    /// <summary>Of the 95 % interval: paired by customer, normal approximation; <c>null</c>: so few customers differ that it would say too much, of none that there is no difference.</summary>
    public double? Lower { get; init; }

    /// <summary>As <see cref="Lower"/>.</summary>
    public double? Upper { get; init; }
}
