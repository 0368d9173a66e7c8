using System.Diagnostics.Metrics;

namespace PmOrleans.Node.Log.Writing;

/// <summary>What the writer measures, for admission and for /metrics. Written by the writer's thread, read by any.</summary>
internal sealed class LogGauges : IDisposable
{
    private const double Weight = 0.1;

    private readonly Meter _meter = new("PmOrleans.Node");
    private readonly Histogram<double> _commitDuration;
    private readonly Histogram<double> _syncDuration;
    private readonly Counter<long> _records;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _failed;
    private readonly Counter<long> _doubts;
    private double _commitSeconds;
    private double _recordsPerCommit;
    private double _lastSyncSeconds;

    public LogGauges(LogQueue queue)
    {
        _commitDuration = _meter.CreateHistogram<double>("pmorleans.log.commit.duration", "s", "Whole transactions, fsync included.");
        _syncDuration = _meter.CreateHistogram<double>("pmorleans.log.sync.duration", "s", "COMMITs that waited for the disk.");
        _records = _meter.CreateCounter<long>("pmorleans.log.records", "{record}", "Records committed.");
        _refused = _meter.CreateCounter<long>("pmorleans.log.refused", "{record}", "Records refused by a unique key.");
        _failed = _meter.CreateCounter<long>("pmorleans.log.failed", "{record}", "Records of transactions that failed, by kind.");
        _doubts = _meter.CreateCounter<long>("pmorleans.log.doubts", "{commit}", "COMMITs whose outcome had to be read from the store.");
        _meter.CreateObservableGauge("pmorleans.log.queued.bytes", () => queue.Bytes, "By", "Accepted and not yet completed.");
        _meter.CreateObservableGauge("pmorleans.log.queued.records", () => queue.Records, "{record}", "Accepted and not yet completed.");
        _meter.CreateObservableGauge("pmorleans.log.health", () => (int)queue.Health, description: "0 healthy, 1 failing, 2 fenced.");
    }

    public LogLoad Read(LogQueue queue) => new(
        queue.Records,
        queue.Bytes,
        TimeSpan.FromSeconds(Volatile.Read(ref _commitSeconds)),
        Volatile.Read(ref _recordsPerCommit),
        TimeSpan.FromSeconds(Volatile.Read(ref _lastSyncSeconds)));

    public void Commit(int inserted, int refused, TimeSpan duration)
    {
        Volatile.Write(ref _commitSeconds, Average(_commitSeconds, duration.TotalSeconds));
        Volatile.Write(ref _recordsPerCommit, Average(_recordsPerCommit, inserted));
        _commitDuration.Record(duration.TotalSeconds);
        _records.Add(inserted);
        if (refused > 0) _refused.Add(refused);
    }

    public void Sync(TimeSpan duration)
    {
        Volatile.Write(ref _lastSyncSeconds, duration.TotalSeconds);
        _syncDuration.Record(duration.TotalSeconds);
    }

    public void Fail(LogFailureKind kind, int records) => _failed.Add(records, new KeyValuePair<string, object?>("kind", kind.ToString()));

    public void Doubt() => _doubts.Add(1);

    public void Dispose() => _meter.Dispose();

    // The first value is the average of one.
    private static double Average(double average, double value) => average == 0 ? value : average + (Weight * (value - average));
}
