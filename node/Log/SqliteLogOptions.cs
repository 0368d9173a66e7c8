using PmOrleans.Node.Log.Sqlite;

namespace PmOrleans.Node.Log;

/// <summary>Where a node's store lies and how it is written.</summary>
public sealed record SqliteLogOptions
{
    /// <summary>The data folder; made if missing. One process at a time.</summary>
    public required string Folder { get; init; }

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

    /// <summary>How long a transaction waits for another process that holds the write lock (a seal, a maintenance tool). Default 2 s.</summary>
    public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Pause after the first failed transaction, in which appends are refused; doubles up to <see cref="MaxBackOff"/>. Default 20 ms.</summary>
    public TimeSpan MinBackOff { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Default 1 s.</summary>
    public TimeSpan MaxBackOff { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long closing waits for the queue to be written; what is left then is failed. Default 10 s.</summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Bytes written to the write-ahead log between two checkpoints. Default 64 MiB: an index page of random customers is rewritten several times in it
    /// and copied once.
    /// </summary>
    public long CheckpointBytes { get; init; } = 64 << 20;

    /// <summary>The writer's page cache. Default 64 MiB: the upper levels and the hot leaves of the indexes.</summary>
    public long WriterCacheBytes { get; init; } = 64 << 20;

    /// <summary>Page size of a new store: a power of two from 512 to 65,536. Default 4,096.</summary>
    public int PageSize { get; init; } = 4096;

    /// <summary>
    /// Records in the time of which every stretch of the customer index and of the decision index is written once; from 1. Default 98,304. Until their turn
    /// comes, half as many entries of each wait in memory (32 bytes each), so that several share a page. A start after a crash reads this many records again.
    /// </summary>
    public int IndexRoundRecords { get; init; } = 96 * 1024;

    /// <summary>
    /// The secret of a store that is made now, 32 bytes: with a fixed one a simulation draws the same again. A store that is there keeps its own. Default:
    /// random bytes, and nothing else is fit for real customers.
    /// </summary>
    public ReadOnlyMemory<byte> NewSecret { get; init; }

    internal LogFaults Faults { get; init; } = LogFaults.None;
}
