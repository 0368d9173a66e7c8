namespace PmOrleans.Decisioning.Learning;

/// <summary>An arm's decisions still without outcome, counted by when they were taken, in buckets of window / 32.</summary>
/// <remarks>
/// A ring of 33 buckets ends at the newest one ever touched; what falls off its old end is overdue: older than the window and still not
/// resolved. A count may be below 0 for a while, when the outcome is folded before its decision (two logs, one customer who moved): only so
/// does any order of folding and merging end in the same state. Readers take negative counts for 0.
/// </remarks>
internal sealed class PendingTrials
{
    public const int BucketsPerWindow = 32;

    /// <summary>One more than a window holds: the newest bucket is partly filled.</summary>
    public const int Buckets = BucketsPerWindow + 1;

    private readonly long[] counts = new long[Buckets];

    /// <summary>Number of the newest bucket: whole bucket widths since 1970. <see cref="long.MinValue"/> before the first trial.</summary>
    public long Newest { get; private set; } = long.MinValue;

    /// <summary>Trials decided before the oldest bucket.</summary>
    public long Overdue { get; private set; }

    public long Total
    {
        get
        {
            long total = Overdue;
            foreach (long count in counts) total += count;
            return total;
        }
    }

    /// <summary>Width of a bucket for a reward window; at least a microsecond, rounded up so that 32 buckets cover the window.</summary>
    public static long WidthMicros(long windowMicros) => (windowMicros + BucketsPerWindow - 1) / BucketsPerWindow;

    public static long BucketOf(long atMicros, long widthMicros) => atMicros >= 0 ? atMicros / widthMicros : -((-atMicros + widthMicros - 1) / widthMicros);

    /// <summary>Trials decided in a bucket that is still in the ring, 0 for any other.</summary>
    public long this[long bucket] => Holds(bucket) ? counts[Slot(bucket)] : 0;

    public void Add(long bucket, long trials)
    {
        if (Newest == long.MinValue) Newest = bucket;
        while (Newest < bucket)
        {
            if (bucket - Newest > Buckets)
            {
                // everything falls off
                Overdue = Total;
                Array.Clear(counts);
                Newest = bucket;
                break;
            }

            Newest++;
            Overdue += counts[Slot(Newest)];
            counts[Slot(Newest)] = 0;
        }

        if (Holds(bucket)) counts[Slot(bucket)] += trials;
        else Overdue += trials;
    }

    public void Merge(PendingTrials other)
    {
        if (other.Newest == long.MinValue) return;
        Add(other.Newest, 0);
        for (long bucket = other.Newest - Buckets + 1; bucket <= other.Newest; bucket++) Add(bucket, other[bucket]);
        Overdue += other.Overdue;
    }

    /// <summary>Restores what <see cref="Overdue"/> said.</summary>
    public void AddOverdue(long trials) => Overdue += trials;

    private bool Holds(long bucket) => bucket <= Newest && bucket > Newest - Buckets;

    private static int Slot(long bucket) => (int)(((bucket % Buckets) + Buckets) % Buckets);
}
