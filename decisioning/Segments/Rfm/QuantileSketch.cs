namespace PmOrleans.Decisioning.Segments.Rfm;

/// <summary>
/// A DDSketch of numbers from 0 (Masson, Rim, Lee, VLDB 2019): buckets whose bounds grow by gamma = (1 + a) / (1 - a), so that a quantile is off by a
/// relative error of at most <see cref="Error"/>. Sketches of parts add up to the sketch of the whole, bucket by bucket, in any order.
/// </summary>
/// <remarks>
/// <see cref="Edge"/> answers the upper bound of a bucket and not its middle: it is what separates the values in it from those above, never one
/// equal value from another. The relative error of an edge is at most 2a / (1 - a). Counts up to 100 each have a bucket of their own.
/// </remarks>
public sealed class QuantileSketch
{
    /// <summary>The relative error a.</summary>
    public const double Error = 0.005;

    private static readonly double LogGamma = Math.Log((1 + Error) / (1 - Error));

    /// <summary>Buckets of a long: ln(2^63) / ln(gamma).</summary>
    private static readonly int Most = (int)Math.Ceiling(Math.Log(long.MaxValue) / LogGamma) + 2;

    private long[] _buckets = new long[64];
    private long _zeros;

    public long Count { get; private set; }

    /// <param name="value">Anything below 0 counts as 0.</param>
    public void Add(long value)
    {
        Count++;
        if (value <= 0)
        {
            _zeros++;
            return;
        }

        Room(IndexOf(value))++;
    }

    /// <summary>Adds what another has counted.</summary>
    public void Add(QuantileSketch other)
    {
        ArgumentNullException.ThrowIfNull(other);
        Count += other.Count;
        _zeros += other._zeros;
        for (var i = 0; i < other._buckets.Length; i++)
        {
            if (other._buckets[i] != 0)
            {
                Room(i) += other._buckets[i];
            }
        }
    }

    /// <summary>The least bound that at least a share of the values do not exceed; 0 for an empty sketch.</summary>
    /// <param name="share">0 to 1.</param>
    public long Edge(double share)
    {
        var rank = (long)Math.Ceiling(share * Count);
        var seen = _zeros;
        if (seen >= rank)
        {
            return 0;
        }

        for (var i = 0; i < _buckets.Length; i++)
        {
            seen += _buckets[i];
            if (seen >= rank)
            {
                return UpperBound(i);
            }
        }

        return long.MaxValue;
    }

    /// <summary>Bucket i holds the values v with gamma^(i-1) &lt; v &lt;= gamma^i.</summary>
    private static int IndexOf(long value)
    {
        var index = (int)Math.Ceiling(Math.Log(value) / LogGamma);
        // Logarithms round: what the bound says, which is compared with later, decides.
        while (index > 0 && UpperBound(index - 1) >= value)
        {
            index--;
        }

        while (UpperBound(index) < value)
        {
            index++;
        }

        return index;
    }

    private static long UpperBound(int index)
    {
        var bound = Math.Exp(index * LogGamma);
        return bound >= long.MaxValue ? long.MaxValue : (long)bound;
    }

    private ref long Room(int index)
    {
        if (index >= _buckets.Length)
        {
            Array.Resize(ref _buckets, Math.Min(Most + 1, Math.Max(index + 1, _buckets.Length * 2)));
        }

        return ref _buckets[index];
    }
}
