using PmOrleans.Node.Log.Writing;

namespace PmOrleans.Node.Log;

/// <summary>How a node's log is written, whatever store is under it.</summary>
public abstract record NodeLogOptions
{
    /// <summary>Default <see cref="CommitMode.Sync"/>.</summary>
    public CommitMode Commit { get; init; } = CommitMode.Sync;

    /// <summary>
    /// The longest time that a completed record may be without fsync under <see cref="CommitMode.Async"/>: the loss window of a power cut, to which
    /// the time of one fsync adds. Default 20 ms.
    /// </summary>
    public TimeSpan FlushInterval { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Records and work items in one transaction at most. Default 1,024: beyond that an fsync is shared so widely that only latency grows.</summary>
    public int MaxBatchRecords { get; init; } = 1024;

    /// <summary>Bytes of records in one transaction; the record that crosses it is the last. Default 4 MiB.</summary>
    public long MaxBatchBytes { get; init; } = 4 << 20;

    /// <summary>Bytes accepted and not yet committed; above it an append is refused. Default 64 MiB.</summary>
    public long MaxQueuedBytes { get; init; } = 64 << 20;

    /// <summary>How long a transaction waits for another process that holds a lock it needs (a seal, a maintenance tool). Default 2 s.</summary>
    public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Pause after the first failed transaction, in which appends are refused; doubles up to <see cref="MaxBackOff"/>. Default 20 ms.</summary>
    public TimeSpan MinBackOff { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Default 1 s.</summary>
    public TimeSpan MaxBackOff { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long closing waits for the queue to be written; what is left then is failed. Default 10 s.</summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(10);

    internal LogFaults Faults { get; init; } = LogFaults.None;
}
