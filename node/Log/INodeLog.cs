namespace PmOrleans.Node.Log;

/// <summary>
/// The node's log and what is kept beside it in the same transactions: identities, snapshots, projection states, tombstones and the
/// catalog. One writer appends with group commit, under an epoch that is checked in every transaction.
/// </summary>
/// <remarks>SQLite implements it for one process; a PostgreSQL store for the cluster implements the same contract.</remarks>
public interface INodeLog : IAsyncDisposable
{
    /// <summary>The epoch this process writes under; larger than every sealed one.</summary>
    long Epoch { get; }

    /// <summary>Sequence of the last committed record of the log; 0 when it is empty.</summary>
    long CommittedSequence { get; }

    /// <summary>The store's secret, 32 random bytes made with the store: key of every hash of ids and seeds.</summary>
    ReadOnlyMemory<byte> Secret { get; }

    /// <summary>Whether the last attempt to write succeeded; while it is false, callers should be refused at the door.</summary>
    LogHealth Health { get; }

    /// <summary>
    /// What the store said when <see cref="Health"/> became <see cref="LogHealth.Failing"/>, or what it has lost where that made it <see cref="LogHealth.Fenced"/>;
    /// <c>null</c> otherwise.
    /// </summary>
    string? Trouble => null;

    /// <summary>How busy the writer is; for admission by estimated wait. A store that does not measure says <c>default</c>.</summary>
    LogLoad Load => default;

    /// <summary>What the store takes up; <c>null</c> where that is not known, or cannot be read now.</summary>
    StoreSize? Size => null;

    /// <summary>
    /// Queues a record behind all that were queued before. Exactly one of its completion methods is called later, on the writer's thread,
    /// in queue order. <c>false</c>: refused at once, nothing queued (admission by bytes, store failing or fenced, an outcome in doubt, closing, or
    /// <see cref="PendingAppend.Admit"/> said no).
    /// </summary>
    bool TryAppend(PendingAppend append);

    /// <summary>
    /// Runs work inside the writer's next transaction, after the records queued before it; completes when that is committed and on disk. What the work throws
    /// undoes this work only and comes out of the task; it must touch nothing but the transaction, as it runs on the writer's thread.
    /// </summary>
    /// <exception cref="NodeLogException">Nothing was written: the store fails, is fenced, or is closed.</exception>
    Task WriteAsync(Action<ILogTransaction> work, CancellationToken cancellation = default);

    /// <summary>
    /// Queues a record with work that is done in the record's own transaction: both are written or neither. Of a record that is refused the work is not done, and work that
    /// throws, or that the store refuses, takes its record along, with what was built on that; the rest of the transaction stays.
    /// </summary>
    /// <param name="written">Completes when both are committed and on disk; fails when neither is and never will be, with what the work threw or a <see cref="NodeLogException"/>.</param>
    /// <returns>As for <see cref="TryAppend(PendingAppend)"/>.</returns>
    bool TryAppend(PendingAppend append, Action<ILogTransaction> work, out Task written);

    /// <summary>Completes when all that was queued before has been committed or failed.</summary>
    Task FlushAsync(CancellationToken cancellation = default);

    /// <summary>Reads that see every committed transaction; any thread.</summary>
    ILogReader Reader { get; }

    /// <summary>
    /// Called on the writer's thread after each commit, with the records in sequence order, before their completions run. The list is valid during the call only.
    /// Set it before the first append. Must be quick and must not throw.
    /// </summary>
    Action<IReadOnlyList<PendingAppend>>? OnCommitted { get; set; }
}
