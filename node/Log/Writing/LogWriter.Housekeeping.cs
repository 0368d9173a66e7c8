using System.Diagnostics;

namespace PmOrleans.Node.Log.Writing;

/// <content>What the writer does between transactions: fsync of asynchronous commits, probes, and whatever else the store needs.</content>
internal abstract partial class LogWriter
{
    private bool _sync = true;
    private bool _unsynced;
    private long _lastSync;

    /// <summary>When <see cref="KeepStore"/> has something to do next, by <see cref="Stopwatch"/>.</summary>
    protected virtual long NextCare => long.MaxValue;

    /// <summary>Whether the next COMMIT waits for the disk. Outside a transaction.</summary>
    protected abstract void SetSync(bool sync);

    /// <summary>Commits something small, so that all that was committed before it is on the disk.</summary>
    /// <exception cref="SealedException">The epoch is sealed.</exception>
    protected abstract void Touch();

    /// <summary>Whether this is the store's failure and not a broken invariant.</summary>
    protected abstract bool IsStoreFailure(Exception exception);

    /// <summary>Between two transactions, while the store is healthy.</summary>
    protected virtual void KeepStore()
    {
    }

    /// <summary>Brings what was committed without waiting to the disk.</summary>
    protected void Sync()
    {
        if (!_unsynced) return;
        var started = Stopwatch.GetTimestamp();
        ChangeSync(true);
        Touch();
        EndSync(started);
    }

    /// <summary>A new connection waits for the disk.</summary>
    protected void ResetSync() => _sync = true;

    protected void ChangeSync(bool sync)
    {
        if (sync == _sync) return;
        SetSync(sync);
        _sync = sync;
    }

    private TimeSpan TimeToWait()
    {
        var now = Stopwatch.GetTimestamp();
        var until = queue.Health switch
        {
            LogHealth.Failing => _retryAt,
            LogHealth.Fenced => long.MaxValue,
            _ => Math.Min(NextCare, _unsynced ? _lastSync + Ticks(options.FlushInterval) : long.MaxValue),
        };
        if (until == long.MaxValue) return Idle;
        return until <= now ? TimeSpan.Zero : Stopwatch.GetElapsedTime(now, until) + TimeSpan.FromMilliseconds(1);
    }

    private void KeepHouse()
    {
        var now = Stopwatch.GetTimestamp();
        if (queue.Health == LogHealth.Fenced) return;
        if (queue.Health == LogHealth.Failing)
        {
            if (now >= _retryAt && !queue.IsClosing) Probe();
            return;
        }

        try
        {
            if (now - _lastSync >= Ticks(options.FlushInterval)) Sync();
            KeepStore();
        }
        catch (SealedException)
        {
            Batch.Clear();
            Fence();
        }
        catch (Exception exception) when (IsStoreFailure(exception))
        {
            // Nobody waits for any of this, but the next transaction would hardly fare better.
            Batch.Clear();
            Abandon();
            FailEverything($"The store failed: {exception.Message}");
        }
    }

    /// <summary>
    /// Under asynchronous commits most transactions do not wait for the disk; the one that does brings all before it along. Before BEGIN, since a store
    /// need not change the level inside a transaction.
    /// </summary>
    private void ChooseSync()
    {
        if (options.Commit == CommitMode.Sync) return;
        ChangeSync(Batch.HasBarrier || Stopwatch.GetTimestamp() - _lastSync >= Ticks(options.FlushInterval));
    }

    private void EndSync(long started)
    {
        if (!_sync)
        {
            _unsynced = true;
            return;
        }

        _unsynced = false;
        _lastSync = Stopwatch.GetTimestamp();
        gauges.Sync(Stopwatch.GetElapsedTime(started));
    }
}
