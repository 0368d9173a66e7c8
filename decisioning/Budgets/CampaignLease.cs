namespace PmOrleans.Decisioning.Budgets;

/// <summary>
/// One node's slice of a campaign's budget, total and of the day, and what steers the spending: pause and price. Shared by all customers of
/// the node; holds and releases are atomic and never let the slice go below zero.
/// </summary>
public sealed class CampaignLease(int campaign)
{
    private readonly Lock _gate = new();
    private readonly List<DayLease> _days = [];
    private long _total;
    private long _totalLowMark;
    private DayLease? _recent;
    private double _price;
    private bool _wanted;

    /// <summary>Stable number of the campaign.</summary>
    public int Campaign { get; } = campaign;

    /// <summary>Whether an operator paused the campaign.</summary>
    public bool Paused { get; set; }

    /// <summary>The owner has no free total money: what is not on the lease is not to be had.</summary>
    public bool TotalExhausted { get; set; }

    /// <summary>Shadow price of the campaign's money; 0 while there is enough of it.</summary>
    public double Price
    {
        get => Volatile.Read(ref _price);
        set => Volatile.Write(ref _price, value);
    }

    /// <summary>Called once when the slice runs low, until the next grant.</summary>
    public Action<CampaignLease>? OnLow { get; set; }

    /// <summary>Decisions in which an offer of the campaign had passed every filter, for pacing. A count that may miss a few under contention.</summary>
    public long Opportunities;

    /// <summary>Scores before the price, summed over the opportunities, and what serving them would have spent in micros.</summary>
    public double ScoreSum;

    public double CostSumMicros;

    /// <summary>What the offers served were expected to spend when they were, for pacing; may miss a few under contention.</summary>
    public double PacedSpendMicros;

    /// <summary>What was set aside for them, which is more where the whole cost is.</summary>
    public long PacedHeldMicros;

    /// <summary>What has become spend after the decision.</summary>
    public long PacedSettledMicros;

    public long TotalMicros => Interlocked.Read(ref _total);

    /// <summary>Days of which there is, or was, a slice, or was none when one was asked for.</summary>
    public int[] Days
    {
        get
        {
            lock (_gate)
            {
                return [.. _days.Select(lease => lease.Day)];
            }
        }
    }

    public long DayMicros(int day) => Find(day)?.Remaining ?? 0;

    /// <summary>Sets money aside from the total slice and, with a day, from that day's.</summary>
    /// <param name="useTotal">Whether the campaign has a total budget.</param>
    /// <param name="day">yyyymmdd, or 0 when it has no daily budget.</param>
    public LeaseHold TryHold(long micros, bool useTotal, int day)
    {
        if (useTotal && !Take(ref _total, micros))
        {
            Want();
            return TotalExhausted ? LeaseHold.Exhausted : LeaseHold.Pending;
        }

        if (day != 0)
        {
            var lease = Find(day) ?? FindOrAdd(day);
            if (!Take(ref lease.Remaining, micros))
            {
                if (useTotal)
                {
                    Interlocked.Add(ref _total, micros);
                }

                Want();
                return lease.Exhausted ? LeaseHold.Exhausted : LeaseHold.Pending;
            }

            if (Volatile.Read(ref lease.Remaining) < Volatile.Read(ref lease.LowMark) && !lease.Exhausted)
            {
                Want();
            }
        }

        if (useTotal && !TotalExhausted && Interlocked.Read(ref _total) < Volatile.Read(ref _totalLowMark))
        {
            Want();
        }

        return LeaseHold.Held;
    }

    /// <summary>Gives back money set aside by <see cref="TryHold"/>.</summary>
    public void Release(long micros, bool useTotal, int day)
    {
        if (useTotal)
        {
            Interlocked.Add(ref _total, micros);
        }

        if (day != 0)
        {
            // Also for a day this node never had a lease of: after a restart, the release of a reservation is its first money.
            Interlocked.Add(ref (Find(day) ?? FindOrAdd(day)).Remaining, micros);
        }
    }

    /// <summary>Adds money granted by the owner, after the grant is durable.</summary>
    public void Grant(long micros, int day)
    {
        if (day == 0)
        {
            Interlocked.Add(ref _total, micros);
        }
        else
        {
            Interlocked.Add(ref FindOrAdd(day).Remaining, micros);
        }
    }

    /// <summary>Takes up to so much back for the owner; returns what was taken.</summary>
    public long TakeBack(long micros, int day)
    {
        var lease = day == 0 ? null : Find(day);
        if (day != 0 && lease is null)
        {
            return 0;
        }

        ref var remaining = ref _total;
        if (lease is not null)
        {
            remaining = ref lease.Remaining;
        }

        while (true)
        {
            var seen = Interlocked.Read(ref remaining);
            var taken = Math.Min(seen, micros);
            if (taken <= 0)
            {
                return 0;
            }

            if (Interlocked.CompareExchange(ref remaining, seen - taken, seen) == seen)
            {
                return taken;
            }
        }
    }

    /// <summary>Below this the owner is asked for more of an account, in micros; each account has its own, for their slices differ.</summary>
    /// <param name="day">yyyymmdd, or 0 for the total.</param>
    public long LowMarkMicros(int day) => day == 0 ? Volatile.Read(ref _totalLowMark) : Find(day)?.LowMark ?? 0;

    public void SetLowMark(int day, long micros)
    {
        if (day == 0)
        {
            Volatile.Write(ref _totalLowMark, micros);
        }
        else
        {
            Volatile.Write(ref FindOrAdd(day).LowMark, micros);
        }
    }

    public void SetDayExhausted(int day, bool exhausted) => FindOrAdd(day).Exhausted = exhausted;

    /// <summary>The owner has answered: the next shortage asks again.</summary>
    public void Answered() => Volatile.Write(ref _wanted, false);

    private void Want()
    {
        if (OnLow is { } onLow && !Interlocked.Exchange(ref _wanted, true))
        {
            onLow(this);
        }
    }

    private static bool Take(ref long remaining, long micros)
    {
        var seen = Interlocked.Read(ref remaining);
        while (seen >= micros)
        {
            var before = Interlocked.CompareExchange(ref remaining, seen - micros, seen);
            if (before == seen)
            {
                return true;
            }

            seen = before;
        }

        return false;
    }

    /// <summary>Nearly always the day asked for last; another one is looked for under the lock.</summary>
    private DayLease? Find(int day)
    {
        var recent = Volatile.Read(ref _recent);
        if (recent?.Day == day)
        {
            return recent;
        }

        lock (_gate)
        {
            return FindUnderLock(day);
        }
    }

    private DayLease FindOrAdd(int day)
    {
        lock (_gate)
        {
            var lease = FindUnderLock(day);
            if (lease is null)
            {
                _days.Add(lease = new DayLease { Day = day });
                if (_days.Count > 400)
                {
                    _days.RemoveAt(0);
                }
            }

            return lease;
        }
    }

    private DayLease? FindUnderLock(int day)
    {
        foreach (var lease in _days)
        {
            if (lease.Day == day)
            {
                Volatile.Write(ref _recent, lease);
                return lease;
            }
        }

        return null;
    }

    private sealed class DayLease
    {
        public long Remaining;

        public long LowMark;

        public int Day { get; init; }

        public bool Exhausted { get; set; }
    }
}
