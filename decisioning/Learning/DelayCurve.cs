namespace PmOrleans.Decisioning.Learning;

/// <summary>
/// F(a): the share of rewards that come within an age of their decision, estimated from a <see cref="DelayHistogram"/>; piecewise linear, 0
/// at age 0, 1 from the reward window on.
/// </summary>
/// <remarks>
/// Prior: <see cref="PriorRewards"/> imagined rewards with log-uniform delays (half of them within a thousandth of the window), so
/// that it works from the first minute and gives way after a handful of real ones. During the first window of a policy's life long
/// delays cannot have been seen yet and F is too high for all its arms alike; an arm that joins later finds it settled.
/// </remarks>
internal sealed class DelayCurve
{
    public const double PriorRewards = 2;

    private readonly long[] edge = new long[DelayHistogram.Buckets + 1];
    private readonly double[] share = new double[DelayHistogram.Buckets + 1];
    private readonly double[] area = new double[DelayHistogram.Buckets + 1];

    public DelayCurve(DelayHistogram delays)
    {
        double total = PriorRewards;
        foreach (long count in delays.Counts) total += count;

        double below = 0;
        for (int bucket = 0; bucket < DelayHistogram.Buckets; bucket++)
        {
            below += delays.Counts[bucket] + PriorRewards / DelayHistogram.Buckets;
            edge[bucket + 1] = delays.UpperMicros[bucket];
            share[bucket + 1] = bucket == DelayHistogram.Buckets - 1 ? 1 : below / total;
            area[bucket + 1] = area[bucket] + .5 * (share[bucket] + share[bucket + 1]) * (edge[bucket + 1] - edge[bucket]);
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
