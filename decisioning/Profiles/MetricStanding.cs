namespace PmOrleans.Decisioning.Profiles;

/// <summary>
/// A count or a sum as it stands: read once, for its value and for the moment at which time alone takes it to the next threshold. Valid until the customer's
/// state changes.
/// </summary>
internal readonly ref struct MetricStanding
{
    private readonly ReadOnlySpan<TimedPoint> _inside;
    private readonly long _windowMicros;
    private readonly bool _isCount;

    /// <param name="inside">Points in the window, in time order.</param>
    public MetricStanding(ReadOnlySpan<TimedPoint> inside, long windowMicros, bool isCount)
    {
        _inside = inside;
        _windowMicros = windowMicros;
        _isCount = isCount;
        Value = isCount ? MetricWindows.Count(inside) : MetricWindows.Read(inside);
    }

    public double Value { get; }

    /// <summary>How many points lie in the window: as many at two moments are the same ones.</summary>
    public int Points => _inside.Length;

    /// <summary>As <see cref="CustomerState.NextMetricCrossingMicros"/>.</summary>
    /// <param name="thresholds">Ascending.</param>
    public long NextCrossingMicros(ReadOnlySpan<double> thresholds)
    {
        if (!_isCount)
        {
            return MetricReading.OfSums(Value, _inside, _windowMicros, thresholds);
        }

        // A count only falls, and in whole numbers: the highest threshold it does not lie below is the next it comes to, or leaves.
        for (var i = thresholds.Length - 1; i >= 0; i--)
        {
            if (thresholds[i] <= Value)
            {
                return LeavingMicros(thresholds[i]);
            }
        }

        return long.MaxValue;
    }

    private long LeavingMicros(double threshold)
    {
        if (_inside.IsEmpty || threshold < 0)
        {
            return long.MaxValue;
        }

        if (threshold == Value)
        {
            return _inside[0].AtMicros + _windowMicros;
        }

        if (_inside.Length == Value)
        {
            // Each point is one event.
            return _inside[(int)Math.Ceiling(Value - threshold) - 1].AtMicros + _windowMicros;
        }

        var rest = Value;
        var last = 0;
        while ((rest -= _inside[last].Amount) > threshold)
        {
            last++;
        }

        return _inside[last].AtMicros + _windowMicros;
    }
}
