namespace PmOrleans.Decisioning.Learning;

/// <summary>
/// How long rewards of a policy took, from decision to reward: exact counts in delay buckets of half an octave up to the reward window, kept
/// apart by the time of the decision while that is younger than the window.
/// </summary>
/// <remarks>
/// Apart, because of the young decisions only the quick rewards are known: counted in with the rest they would make every delay look
/// short (right truncation), most of all when a new offer takes much of the traffic. Rows are aligned like <see cref="PendingTrials"/>.
/// Delays beyond the window, which attribution should not let through, count in the last bucket; negative ones in the first.
/// </remarks>
internal sealed class DelayHistogram
{
    public const int Buckets = 40;
    public const int Rows = PendingTrials.Buckets;

    private readonly long[] upperMicros = new long[Buckets];
    private readonly long[] matured = new long[Buckets];
    private readonly long[] recent = new long[Rows * Buckets];

    public DelayHistogram(long windowMicros)
    {
        for (int bucket = 0; bucket < Buckets; bucket++)
        {
            // window / 2^((39 - bucket) / 2): 1 day goes down to .12 s, below which the first bucket takes all
            double share = Math.Pow(2, (bucket - Buckets + 1) / 2.0);
            upperMicros[bucket] = Math.Max(bucket == 0 ? 1 : upperMicros[bucket - 1] + 1, (long)(windowMicros * share));
        }

        upperMicros[Buckets - 1] = windowMicros;
    }

    public ReadOnlySpan<long> UpperMicros => upperMicros;

    /// <summary>Counts of decisions before the oldest row.</summary>
    public Span<long> Matured => matured;

    /// <summary>Decision bucket of the newest row; <see cref="long.MinValue"/> before the first reward.</summary>
    public long Newest { get; private set; } = long.MinValue;

    /// <summary>Counts of the decisions in a bucket that is among the newest <see cref="Rows"/>.</summary>
    public Span<long> Row(long decisionBucket) => recent.AsSpan((int)((decisionBucket % Rows + Rows) % Rows) * Buckets, Buckets);

    public void Add(long decisionBucket, long delayMicros)
    {
        AdvanceTo(decisionBucket);
        int bucket = 0;
        while (bucket < Buckets - 1 && delayMicros > upperMicros[bucket]) bucket++;
        Target(decisionBucket)[bucket]++;
    }

    public void Merge(DelayHistogram other)
    {
        Sum(other.matured, matured);
        if (other.Newest == long.MinValue) return;
        AdvanceTo(other.Newest);
        for (int age = 0; age < Rows; age++) Sum(other.Row(other.Newest - age), Target(other.Newest - age));
    }

    /// <summary>Makes a bucket the newest row; rows that fall off the old end have matured.</summary>
    public void AdvanceTo(long decisionBucket)
    {
        if (Newest == long.MinValue) Newest = decisionBucket;
        long steps = Math.Min(decisionBucket - Newest, Rows);
        for (long step = 1; step <= steps; step++)
        {
            var oldest = Row(Newest + step);
            Sum(oldest, matured);
            oldest.Clear();
        }

        Newest = Math.Max(Newest, decisionBucket);
    }

    private Span<long> Target(long decisionBucket) => decisionBucket > Newest - Rows ? Row(decisionBucket) : matured;

    private static void Sum(ReadOnlySpan<long> from, Span<long> to)
    {
        for (int bucket = 0; bucket < Buckets; bucket++) to[bucket] += from[bucket];
    }
}
