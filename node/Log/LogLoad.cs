namespace PmOrleans.Node.Log;

/// <summary>How busy the writer is; the averages are exponentially weighted, a tenth for each new commit. <c>default</c> means "idle, nothing measured".</summary>
/// <param name="QueuedRecords">Records accepted and not yet completed.</param>
/// <param name="QueuedBytes">Their bytes, with a flat charge for each record's objects; what admission is bounded by.</param>
/// <param name="CommitTime">Average time of a whole transaction, fsync included.</param>
/// <param name="RecordsPerCommit">Average records in a transaction.</param>
/// <param name="LastSyncTime">Time of the last COMMIT that waited for the disk.</param>
public readonly record struct LogLoad(
    int QueuedRecords, long QueuedBytes, TimeSpan CommitTime, double RecordsPerCommit, TimeSpan LastSyncTime)
{
    /// <summary>
    /// Records that a transaction takes for nearly the time of one, as its round trips and the disk are most of it. That few came together lately only says
    /// that no more were waiting: a burst after a quiet time must not be judged by it.
    /// </summary>
    private const int AssumedTogether = 64;

    /// <summary>How long a record queued now would wait for its commit: the transactions before it, and its own, times their average.</summary>
    public TimeSpan EstimatedWait => CommitTime * (1 + (QueuedRecords / Math.Max(AssumedTogether, RecordsPerCommit)));
}
