using System.Diagnostics.Metrics;

namespace PmOrleans.Gateway.Metrics;

/// <summary>One instrument and its series, one for each set of tags.</summary>
/// <remarks>Series are found without a lock: the table is replaced, never changed. A series lives as long as its instrument.</remarks>
internal sealed class MetricFamily
{
    // What OpenTelemetry uses for seconds; an instrument's own advice goes first.
    private static readonly double[] SecondsBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
    private static readonly double[] OtherBuckets = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 100_000, 1_000_000];

    private readonly Lock _gate = new();
    private readonly int _maxSeries;
    private readonly bool _observed;
    private readonly double[]? _bounds;
    private volatile Dictionary<int, MetricSeries[]> _table = [];
    private MetricSeries? _last;
    private MetricSeries? _overflow;
    private int _count;
    private int _round;

    public MetricFamily(Instrument instrument, int maxSeries)
    {
        _maxSeries = maxSeries;
        _observed = instrument.IsObservable;
        Kind = KindOf(instrument);
        Name = MetricNames.Of(instrument.Name, instrument.Unit, Kind);
        Help = instrument.Description ?? instrument.Name;
        _bounds = Kind == MetricKind.Histogram ? Bounds(instrument) : null;
    }

    public string Name { get; }

    public string Help { get; }

    public MetricKind Kind { get; }

    /// <summary>Series to be shown: of an observable instrument those that were observed last.</summary>
    public IEnumerable<MetricSeries> Series =>
        _table.Values.SelectMany(chain => chain).Append(_overflow).OfType<MetricSeries>().Where(series => !_observed || series.Round == _round)
            .OrderBy(series => series.Labels, StringComparer.Ordinal);

    public void BeginObservation() => _round++;

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var series = Find(tags);
        if (_observed)
        {
            series.Round = _round;
            series.Set(value);
        }
        else
        {
            series.Add(value);
        }
    }

    private static MetricKind KindOf(Instrument instrument)
    {
        var type = instrument.GetType();
        var name = type.IsGenericType ? type.GetGenericTypeDefinition() : type;
        return name == typeof(Counter<>) || name == typeof(ObservableCounter<>) ? MetricKind.Counter
            : name == typeof(Histogram<>) ? MetricKind.Histogram
            : MetricKind.Gauge;
    }

    private static double[] Bounds(Instrument instrument) => instrument switch
    {
        Histogram<double> { Advice.HistogramBucketBoundaries: { Count: > 0 } bounds } => [.. bounds],
        Histogram<long> { Advice.HistogramBucketBoundaries: { Count: > 0 } bounds } => [.. bounds.Select(bound => (double)bound)],
        Histogram<int> { Advice.HistogramBucketBoundaries: { Count: > 0 } bounds } => [.. bounds.Select(bound => (double)bound)],
        _ => instrument.Unit == "s" ? SecondsBuckets : OtherBuckets,
    };

    private static int Hash(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        // A sum, so that the order in which tags are given does not matter.
        var hash = 0;
        foreach (var (key, value) in tags)
        {
            hash += HashCode.Combine(key, value);
        }

        return hash;
    }

    private MetricSeries Find(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        // Nearly always the series of the measurement before: then no tag is hashed.
        if (_last is { } last && last.Has(tags))
        {
            return last;
        }

        var hash = Hash(tags);
        return _last = Find(_table, hash, tags) ?? Add(hash, tags);
    }

    private static MetricSeries? Find(Dictionary<int, MetricSeries[]> table, int hash, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (table.TryGetValue(hash, out var chain))
        {
            foreach (var series in chain)
            {
                if (series.Has(tags))
                {
                    return series;
                }
            }
        }

        return null;
    }

    private MetricSeries Add(int hash, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        lock (_gate)
        {
            if (Find(_table, hash, tags) is { } found)
            {
                return found;
            }

            if (_count >= _maxSeries)
            {
                // Named as OpenTelemetry names it, so that dashboards know it.
                return _overflow ??= new MetricSeries([new("otel.metric.overflow", true)], _bounds);
            }

            _count++;
            var series = new MetricSeries(tags.ToArray(), _bounds);
            var table = new Dictionary<int, MetricSeries[]>(_table);
            table[hash] = table.TryGetValue(hash, out var chain) ? [.. chain, series] : [series];
            _table = table;
            return series;
        }
    }
}
