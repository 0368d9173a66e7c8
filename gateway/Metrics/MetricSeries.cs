namespace PmOrleans.Gateway.Metrics;

/// <summary>The figures of one set of tags. Written from any thread; read while written, each figure whole.</summary>
internal sealed class MetricSeries
{
    private readonly KeyValuePair<string, object?>[] _tags;
    private readonly double[]? _bounds;
    private readonly long[] _buckets;
    private double _value;

    /// <param name="bounds">Upper bounds of the buckets of a histogram, ascending; <c>null</c> for a single figure.</param>
    public MetricSeries(KeyValuePair<string, object?>[] tags, double[]? bounds)
    {
        _tags = tags;
        _bounds = bounds;
        _buckets = bounds is null ? [] : new long[bounds.Length + 1];
        Labels = MetricNames.Labels(tags);
    }

    /// <summary>As they stand between braces.</summary>
    public string Labels { get; }

    /// <summary>Observation in which it was seen last.</summary>
    public int Round { get; set; }

    /// <summary>The figure; of a histogram the sum.</summary>
    public double Value => Volatile.Read(ref _value);

    public IReadOnlyList<double> Bounds => _bounds ?? [];

    /// <summary>Observations in one bucket, not cumulative; the last bucket has no bound.</summary>
    public long Bucket(int index) => Volatile.Read(ref _buckets[index]);

    public void Set(double value) => Volatile.Write(ref _value, value);

    public void Add(double value)
    {
        if (_bounds is not null)
        {
            var bucket = Array.BinarySearch(_bounds, value);
            Interlocked.Increment(ref _buckets[bucket < 0 ? ~bucket : bucket]);
        }

        var seen = Volatile.Read(ref _value);
        while (true)
        {
            var before = Interlocked.CompareExchange(ref _value, seen + value, seen);
            if (before.Equals(seen))
            {
                return;
            }

            seen = before;
        }
    }

    /// <summary>Whether these are its tags, in whatever order.</summary>
    public bool Has(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.Length != _tags.Length)
        {
            return false;
        }

        for (var i = 0; i < tags.Length; i++)
        {
            if (!(Same(_tags[i], tags[i]) || HasAnywhere(tags[i])))
            {
                return false;
            }
        }

        return true;
    }

    private static bool Same(KeyValuePair<string, object?> left, KeyValuePair<string, object?> right) => left.Key == right.Key && Equals(left.Value, right.Value);

    private bool HasAnywhere(KeyValuePair<string, object?> tag)
    {
        foreach (var own in _tags)
        {
            if (Same(own, tag))
            {
                return true;
            }
        }

        return false;
    }
}
