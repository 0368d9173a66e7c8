using System.Diagnostics;
using HdrHistogram;

namespace PmOrleans.Simulator.Measuring;

/// <summary>Latencies of a run: all of them, and second by second. Any thread. From 1 us to 10 minutes, to three digits.</summary>
public sealed class Latencies
{
    private const long Highest = 600_000_000;
    private readonly Lock _gate = new();
    private readonly LongHistogram _total = new(Highest, 3);
    private readonly LongHistogram _slice = new(Highest, 2);
    private readonly List<LatencySlice> _slices = [];
    private readonly long _began = Stopwatch.GetTimestamp();
    private long _second;
    private long _sliceErrors;

    public long Count
    {
        get
        {
            lock (_gate)
            {
                return _total.TotalCount;
            }
        }
    }

    public void Record(TimeSpan latency, bool isError = false)
    {
        var micros = Math.Clamp((long)latency.TotalMicroseconds, 1, Highest);
        lock (_gate)
        {
            var second = (long)Stopwatch.GetElapsedTime(_began).TotalSeconds;
            if (second != _second)
            {
                CloseSlice();
                _second = second;
            }

            _sliceErrors += isError ? 1 : 0;
            _total.RecordValue(micros);
            _slice.RecordValue(micros);
        }
    }

    /// <summary>Milliseconds at a quantile, 0 to 1; 0 when there are none.</summary>
    public double Milliseconds(double quantile)
    {
        lock (_gate)
        {
            return At(_total, quantile);
        }
    }

    /// <summary>The seconds that are over.</summary>
    public LatencySlice? LastSlice
    {
        get
        {
            lock (_gate)
            {
                return _slices.Count == 0 ? null : _slices[^1];
            }
        }
    }

    public LatencyDocument ToDocument()
    {
        lock (_gate)
        {
            CloseSlice();
            double[] quantiles = [0, .1, .25, .5, .75, .9, .95, .99, .995, .999, .9999, 1];
            return new LatencyDocument(
                _total.TotalCount,
                _total.TotalCount == 0 ? 0 : _total.GetMean() / 1000,
                [.. quantiles.Select(quantile => new QuantilePoint(quantile, At(_total, quantile)))],
                [.. _slices]);
        }
    }

    private void CloseSlice()
    {
        if (_slice.TotalCount > 0)
        {
            _slices.Add(new LatencySlice(_second, _slice.TotalCount, _sliceErrors, At(_slice, .5), At(_slice, .95), At(_slice, .99), At(_slice, 1)));
            _slice.Reset();
            _sliceErrors = 0;
        }
    }

    private static double At(LongHistogram histogram, double quantile) =>
        histogram.TotalCount == 0 ? 0 : histogram.GetValueAtPercentile(quantile * 100) / 1000.0;
}
