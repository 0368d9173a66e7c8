namespace PmOrleans.Decisioning.Learning;

/// <summary>How long rewards of a policy took, from decision to reward: exact counts in buckets of half an octave up to the reward window.</summary>
/// <remarks>Delays beyond the window, which attribution should not let through, count in the last bucket; negative ones in the first.</remarks>
internal sealed class DelayHistogram
{
    public const int Buckets = 40;

    private readonly long[] counts = new long[Buckets];
    private readonly long[] upperMicros = new long[Buckets];

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

    public Span<long> Counts => counts;

    public ReadOnlySpan<long> UpperMicros => upperMicros;

    public void Add(long delayMicros)
    {
        int bucket = 0;
        while (bucket < Buckets - 1 && delayMicros > upperMicros[bucket]) bucket++;
        counts[bucket]++;
    }

    public void Merge(DelayHistogram other)
    {
        for (int bucket = 0; bucket < Buckets; bucket++) counts[bucket] += other.counts[bucket];
    }
}
