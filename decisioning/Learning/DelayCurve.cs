namespace PmOrleans.Decisioning.Learning;

/// <summary>
/// F(a): the share of rewards that come within an age of their decision, estimated from a <see cref="DelayHistogram"/>; piecewise linear, 0
/// at age 0, 1 from the reward window on.
/// </summary>
/// <remarks>
/// The product-limit estimate for right-truncated delays (Lynden-Bell 1971; Kalbfleisch and Lawless 1989): going down from the window,
/// F(lower end of a delay bucket) = F(upper end) x (1 - d / n), where n counts rewards with at most the upper end's delay and d those within the
/// bucket, both only of decisions old enough for that delay to have been seen. Without truncation it is the plain share.
/// <para>
/// Prior: <see cref="PriorRewards"/> imagined rewards with log-uniform delays (half of them within a thousandth of the window), so
/// that it works from the first minute and gives way after a handful of real ones.
/// </para>
/// </remarks>
internal sealed class DelayCurve
{
    public const double PriorRewards = 2;

    private readonly long[] edge = new long[DelayHistogram.Buckets + 1];
    private readonly double[] share = new double[DelayHistogram.Buckets + 1];
    private readonly double[] area = new double[DelayHistogram.Buckets + 1];

    public DelayCurve(DelayHistogram delays, long bucketMicros, long nowMicros)
    {
        const int last = DelayHistogram.Buckets - 1;
        Span<double> within = stackalloc double[DelayHistogram.Buckets], upTo = stackalloc double[DelayHistogram.Buckets];
        within.Clear();
        upTo.Clear();
        Observe(delays.Matured, PriorRewards / DelayHistogram.Buckets, last, within, upTo);
        for (int row = 0; row < DelayHistogram.Rows && delays.Newest != long.MinValue; row++)
        {
            long bucket = delays.Newest - row;
            // the youngest decision of the row sets the delay up to which all of it has been seen
            long age = nowMicros - (bucket + 1) * bucketMicros;
            int seen = -1;
            while (seen < last && delays.UpperMicros[seen + 1] <= age) seen++;
            Observe(delays.Row(bucket), 0, seen, within, upTo);
        }

        share[^1] = 1;
        for (int bucket = last; bucket >= 0; bucket--)
        {
            edge[bucket + 1] = delays.UpperMicros[bucket];
            share[bucket] = bucket == 0 ? 0 : share[bucket + 1] * (1 - within[bucket] / upTo[bucket]);
        }

        for (int bucket = 0; bucket <= last; bucket++)
            area[bucket + 1] = area[bucket] + .5 * (share[bucket] + share[bucket + 1]) * (edge[bucket + 1] - edge[bucket]);
    }

    private static void Observe(ReadOnlySpan<long> counts, double prior, int lastSeen, Span<double> within, Span<double> upTo)
    {
        double sum = 0;
        for (int bucket = 0; bucket <= lastSeen; bucket++)
        {
            double count = counts[bucket] + prior;
            sum += count;
            within[bucket] += count;
            upTo[bucket] += sum;
        }
    }

    /// <summary>F at one age.</summary>
    public double At(long ageMicros)
    {
        if (ageMicros <= 0) return 0;
        if (ageMicros >= edge[^1]) return 1;
        int bucket = Bucket(ageMicros);
        return share[bucket] + (share[bucket + 1] - share[bucket]) * Position(ageMicros, bucket);
    }

    /// <summary>The first age, of the ends of delay buckets, by which at least this share of rewards has come.</summary>
    public long AgeOf(double wanted)
    {
        int end = 1;
        while (end < share.Length - 1 && share[end] < wanted) end++;
        return edge[end];
    }

    /// <summary>Mean of F over ages spread evenly from one to the other, both ends included; order matters: youngest first.</summary>
    public double Mean(long youngestMicros, long oldestMicros)
    {
        if (youngestMicros >= oldestMicros) return At(oldestMicros);
        return (Area(oldestMicros) - Area(youngestMicros)) / ((double)oldestMicros - youngestMicros);
    }

    private double Area(long ageMicros)
    {
        if (ageMicros <= 0) return 0;
        if (ageMicros >= edge[^1]) return area[^1] + (ageMicros - edge[^1]);
        int bucket = Bucket(ageMicros);
        return area[bucket] + .5 * (share[bucket] + At(ageMicros)) * (ageMicros - edge[bucket]);
    }

    private int Bucket(long ageMicros)
    {
        int found = edge.AsSpan().BinarySearch(ageMicros);
        return found >= 0 ? Math.Min(found, DelayHistogram.Buckets - 1) : ~found - 1;
    }

    private double Position(long ageMicros, int bucket) => (ageMicros - edge[bucket]) / (double)(edge[bucket + 1] - edge[bucket]);
}
