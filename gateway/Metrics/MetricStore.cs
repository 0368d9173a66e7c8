using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace PmOrleans.Gateway.Metrics;

/// <summary>Keeps the figures of every instrument of the meters that are published; one for a process.</summary>
/// <remarks>
/// An exporter of our own because it is small, adds no package, and never stops the hot path: a measurement is a lookup without a lock and an
/// interlocked addition.
/// </remarks>
internal sealed class MetricStore : IDisposable
{
    private static readonly string[] Prefixes = ["PmOrleans.", "Microsoft.AspNetCore.", "System.Runtime"];

    private readonly ConcurrentDictionary<Instrument, MetricFamily> _families = new();
    private readonly MeterListener _listener = new();
    private readonly Lock _collecting = new();
    private readonly int _maxSeries;

    public MetricStore(int maxSeries)
    {
        _maxSeries = maxSeries;
        _listener.InstrumentPublished = Publish;
        _listener.MeasurementsCompleted = (instrument, _) => _families.TryRemove(instrument, out var _);
        _listener.SetMeasurementEventCallback<byte>(static (_, value, tags, state) => Record(state, value, tags));
        _listener.SetMeasurementEventCallback<short>(static (_, value, tags, state) => Record(state, value, tags));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, state) => Record(state, value, tags));
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, state) => Record(state, value, tags));
        _listener.SetMeasurementEventCallback<float>(static (_, value, tags, state) => Record(state, value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, state) => Record(state, value, tags));
        _listener.SetMeasurementEventCallback<decimal>(static (_, value, tags, state) => Record(state, (double)value, tags));
        _listener.Start();
    }

    /// <summary>Asks the observable instruments and returns all families, by name.</summary>
    public IReadOnlyList<MetricFamily> Collect()
    {
        lock (_collecting)
        {
            foreach (var family in _families.Values)
            {
                family.BeginObservation();
            }

            try
            {
                _listener.RecordObservableInstruments();
            }
            catch (AggregateException)
            {
                // One gauge that throws must not hide the others; it is absent from this scrape.
            }

            return [.. _families.Values.OrderBy(family => family.Name, StringComparer.Ordinal)];
        }
    }

    public void Dispose() => _listener.Dispose();

    private static void Record(object? state, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) => ((MetricFamily)state!).Record(value, tags);

    private void Publish(Instrument instrument, MeterListener listener)
    {
        if (Array.Exists(Prefixes, prefix => instrument.Meter.Name.StartsWith(prefix, StringComparison.Ordinal)))
        {
            listener.EnableMeasurementEvents(instrument, _families.GetOrAdd(instrument, added => new MetricFamily(added, _maxSeries)));
        }
    }
}
