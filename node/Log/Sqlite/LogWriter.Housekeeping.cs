using System.Diagnostics;
using SQLitePCL;

namespace PmOrleans.Node.Log.Sqlite;

/// <content>What the writer does between transactions: fsync of asynchronous commits, checkpoints, the end of an erasure, probes.</content>
internal sealed partial class LogWriter
{
    // Readers hold the write-ahead log for a call only, so that waiting for them is short; the writer does not wait for others at all.
    private static readonly TimeSpan ErasureRetry = TimeSpan.FromMilliseconds(50);

    private Checkpointer? _checkpointer;
    private bool _sync = true;
    private bool _unsynced;
    private long _lastSync;
    private bool _erasurePending;
    private long _erasureRetryAt;
    private long _pagesWritten;
    private long _pageSize = 4096;

    /// <summary>Old pages with erased content are still in the write-ahead log, because a reader needs them.</summary>
    public bool IsErasurePending => Volatile.Read(ref _erasurePending);

    private void StartHousekeeping()
    {
        _lastSync = Stopwatch.GetTimestamp();
        _pageSize = _connection.Database.ReadInt64("PRAGMA page_size") ?? 4096;
        _checkpointer = new Checkpointer(path, options.BusyTimeout);

        // A process may have died between an erasure and the end of its write-ahead log.
        EndErasure();
    }

    private TimeSpan TimeToWait()
    {
        var now = Stopwatch.GetTimestamp();
        var until = long.MaxValue;
        if (queue.Health == LogHealth.Failing) until = _retryAt;
        else if (_unsynced) until = _lastSync + Ticks(options.FlushInterval);
        if (_erasurePending) until = Math.Min(until, _erasureRetryAt);
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
            if (_unsynced && now - _lastSync >= Ticks(options.FlushInterval)) Sync();
            if (_erasurePending && now >= _erasureRetryAt) EndErasure();
            KeepWalShort();
        }
        catch (SqliteStoreException exception)
        {
            // Nobody waits for any of this, but the next transaction would hardly fare better.
            _reopen = true;
            BackOff();
            _batch.Clear();
            queue.FailAll(_batch, new LogFailure(LogFailureKind.Unavailable, $"The store failed: {exception.Message}"), LogHealth.Failing);
        }
    }

    private void KeepWalShort()
    {
        _pagesWritten += _connection.Database.TakePagesWritten();
        if (_checkpointer!.TakeDone())
        {
            _pagesWritten = 0;
            _connection.Database.Checkpoint(raw.SQLITE_CHECKPOINT_PASSIVE);
        }
        else if (_pagesWritten * _pageSize >= options.CheckpointBytes)
        {
            _checkpointer.Request();
        }
    }

    /// <summary>
    /// Under asynchronous commits most transactions do not wait for the disk; the one that does brings all before it along. Before BEGIN, since
    /// SQLite does not change the level inside a transaction.
    /// </summary>
    private void ChooseSync()
    {
        if (options.Commit == CommitMode.Sync) return;
        SetSync(_batch.HasBarrier || Stopwatch.GetTimestamp() - _lastSync >= Ticks(options.FlushInterval));
    }

    private void SetSync(bool sync)
    {
        if (sync == _sync) return;
        _connection.Database.Execute(sync ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
        _sync = sync;
    }

    private void EndCommit(long started)
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

    private void Sync()
    {
        var started = Stopwatch.GetTimestamp();
        SetSync(true);
        if (!_connection.Begin())
        {
            Fence();
            return;
        }

        _connection.Touch();
        _connection.Commit();
        EndCommit(started);
    }

    private void AfterErasure()
    {
        if (!_connection.Transaction.HasErased) return;
        _connection.Transaction.HasErased = false;
        try
        {
            EndErasure();
        }
        catch (SqliteStoreException)
        {
            // The erasure itself is committed; house-keeping comes back to its rest.
            Volatile.Write(ref _erasurePending, true);
        }
    }

    private void EndErasure()
    {
        _connection.Database.SetBusyTimeout(ErasureRetry);
        Volatile.Write(ref _erasurePending, !_connection.Database.Checkpoint(raw.SQLITE_CHECKPOINT_TRUNCATE));
        _erasureRetryAt = Stopwatch.GetTimestamp() + Ticks(ErasureRetry);
        _connection.Database.SetBusyTimeout(options.BusyTimeout);
    }

    /// <summary>So that the next start has nothing to read again; without it, nothing is lost.</summary>
    private void CompleteIndex()
    {
        SetSync(true);
        if (!_connection.Begin()) return;
        _connection.Index.WriteDue(0, _committed, all: true);
        _connection.Commit();
    }

    private void StopHousekeeping()
    {
        _checkpointer?.Dispose();
        if (queue.Health != LogHealth.Healthy) return;
        try
        {
            if (_unsynced) Sync();
            CompleteIndex();
            EndErasure();
        }
        catch (SqliteStoreException)
        {
            // The write-ahead log stays behind, whole, and is read at the next start.
        }
    }
}
