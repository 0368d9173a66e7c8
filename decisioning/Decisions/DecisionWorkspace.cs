using PmOrleans.Decisioning.Budgets;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Experiments;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Segments;

namespace PmOrleans.Decisioning.Decisions;

/// <summary>Money a decision or an outcome took from a lease and keeps, or gives back: what to undo if the record does not get into the log.</summary>
/// <param name="Micros">Positive: taken from the lease already. Negative: to be given back once the record is durable.</param>
public readonly record struct LeaseMove(CampaignLease Lease, long Micros, bool ChargesTotal, int Day)
{
    /// <summary>The record is durable: what it gives back becomes spendable now, not before.</summary>
    public void Commit()
    {
        if (Micros < 0)
        {
            Lease.Release(-Micros, ChargesTotal, Day);
        }
    }

    /// <summary>The record is void: what it took goes back.</summary>
    public void Undo()
    {
        if (Micros > 0)
        {
            Lease.Release(Micros, ChargesTotal, Day);
        }
    }
}

/// <summary>The arrays a decision works in; grown once, used by one thread at a time, never shared.</summary>
public sealed class DecisionWorkspace : IDisposable
{
    private int[] _capUsed = [];
    private int[] _capStamp = [];
    private int _stamp;
    private TimeZoneInfo? _zone;
    private int _dayInZone;

    internal ProfileInput Input { get; } = new();

    internal SegmentWork Segments { get; } = new();

    /// <summary>Traces of the decision in hand.</summary>
    internal ByteWriter Trace { get; } = new(4096);

    internal List<TracedRemoval> Removed { get; } = [];

    /// <summary>Of the placement in hand: variants that change something, and all that it is decided under.</summary>
    internal List<Variant> Variants { get; } = [];

    internal List<ExperimentExposure> Exposures { get; } = [];

    /// <summary>Experiments that the last decision brought the customer into: to be written and folded before it.</summary>
    public List<ExperimentAssignedFact> Assigned { get; } = [];

    internal List<int> GroupsTaken { get; } = [];

    internal List<int> OffersTaken { get; } = [];

    /// <summary>Probabilities of later slots, written while the first's are still needed.</summary>
    internal ByteWriter LaterSlots { get; } = new(1024);

    /// <summary>Money moved by what is in hand; the caller clears it before a command and takes it over with the record.</summary>
    public List<LeaseMove> Moves { get; } = [];

    internal Offer[] Offers { get; private set; } = new Offer[64];

    internal double[] Rates { get; private set; } = new double[64];

    internal double[] RateSpreads { get; private set; } = new double[64];

    internal double[] Scores { get; private set; } = new double[64];

    internal double[] ScoreSpreads { get; private set; } = new double[64];

    internal double[] Prices { get; private set; } = new double[64];

    internal long[] Holds { get; private set; } = new long[64];

    /// <summary>What serving is expected to spend, micros.</summary>
    internal double[] Spends { get; private set; } = new double[64];

    /// <summary>Day that the hold is charged to; 0 for none.</summary>
    internal int[] BudgetDays { get; private set; } = new int[64];

    /// <summary>What a rate of 1 would be worth: value x context weight x lever.</summary>
    internal double[] Units { get; private set; } = new double[64];

    internal double[] Probabilities { get; private set; } = new double[64];

    /// <summary>For later slots: indexes of the survivors still in, their scores and spreads packed.</summary>
    internal int[] Remaining { get; private set; } = new int[64];

    internal double[] RemainingScores { get; private set; } = new double[64];

    internal double[] RemainingSpreads { get; private set; } = new double[64];

    internal double[] RemainingProbabilities { get; private set; } = new double[64];

    internal int Survivors { get; set; }

    /// <summary>Of the placement in hand: when its quiet hours end, if they hold; otherwise 0.</summary>
    internal long HoldUntilMicros { get; set; }

    /// <summary>Placements of the last decision for which the customer's time zone was none that exists.</summary>
    public int UnknownZones { get; internal set; }

    internal void Begin(int capScopes)
    {
        Trace.Clear();
        GroupsTaken.Clear();
        OffersTaken.Clear();
        UnknownZones = 0;
        Assigned.Clear();
        Variants.Clear();
        Exposures.Clear();
        _zone = null;
        if (_capUsed.Length < capScopes)
        {
            _capUsed = new int[capScopes];
            _capStamp = new int[capScopes];
        }

        if (++_stamp == int.MaxValue)
        {
            Array.Clear(_capStamp);
            _stamp = 1;
        }
    }

    /// <summary><see cref="BudgetDay.Of(Campaign, long)"/>, worked out once a decision for campaigns that share a zone.</summary>
    internal int BudgetDayOf(Campaign campaign, long nowMicros)
    {
        if (campaign.Budget?.DailyMicros is null)
        {
            return 0;
        }

        if (!ReferenceEquals(_zone, campaign.Zone))
        {
            (_zone, _dayInZone) = (campaign.Zone, BudgetDay.Of(campaign.Zone, nowMicros));
        }

        return _dayInZone;
    }

    internal int CapUsed(CapScope scope) => _capStamp[scope.Ordinal] == _stamp ? _capUsed[scope.Ordinal] : 0;

    internal void UseCap(CapScope scope, int events)
    {
        if (_capStamp[scope.Ordinal] != _stamp)
        {
            _capStamp[scope.Ordinal] = _stamp;
            _capUsed[scope.Ordinal] = 0;
        }

        _capUsed[scope.Ordinal] += events;
    }

    internal void EnsureRoom()
    {
        if (Survivors < Offers.Length)
        {
            return;
        }

        var size = Offers.Length * 2;
        Offers = Larger(Offers, size);
        Rates = Larger(Rates, size);
        RateSpreads = Larger(RateSpreads, size);
        Scores = Larger(Scores, size);
        ScoreSpreads = Larger(ScoreSpreads, size);
        Prices = Larger(Prices, size);
        Holds = Larger(Holds, size);
        Spends = Larger(Spends, size);
        BudgetDays = Larger(BudgetDays, size);
        Units = Larger(Units, size);
        Probabilities = Larger(Probabilities, size);
        Remaining = Larger(Remaining, size);
        RemainingScores = Larger(RemainingScores, size);
        RemainingSpreads = Larger(RemainingSpreads, size);
        RemainingProbabilities = Larger(RemainingProbabilities, size);
    }

    public void Dispose()
    {
        Trace.Dispose();
        LaterSlots.Dispose();
    }

    private static T[] Larger<T>(T[] array, int size)
    {
        Array.Resize(ref array, size);
        return array;
    }
}
