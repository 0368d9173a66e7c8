using System.Diagnostics;
using PmOrleans.Node.Log.Writing;
using SQLitePCL;

namespace PmOrleans.Node.Log.Sqlite;

/// <content>Checkpoints, the end of an erasure, the end of it all.</content>
internal sealed partial class SqliteLogWriter
{
    // Readers hold the write-ahead log for a call only, so that waiting for them is short; the writer does not wait for others at all.
    private static readonly TimeSpan ErasureRetry = TimeSpan.FromMilliseconds(50);

    private Checkpointer? _checkpointer;
    private bool _erasurePending;
    private long _erasureRetryAt;
    private long _pagesWritten;
    private long _pageSize = 4096;

    /// <summary>Old pages with erased content are still in the write-ahead log, because a reader needs them.</summary>
    public bool IsErasurePending => Volatile.Read(ref _erasurePending);

    protected override long NextCare => _erasurePending ? _erasureRetryAt : long.MaxValue;

    protected override void SetSync(bool sync) =>
        _connection.Database.Execute(sync ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");

    protected override void Touch()
    {
        if (!_connection.Begin()) throw new SealedException();
        _connection.Touch();
        _connection.Commit();
    }

    protected override void KeepStore()
    {
        if (folder.IsLost) throw new SealedException();
        if (_erasurePending && Stopwatch.GetTimestamp() >= _erasureRetryAt) EndErasure();
        KeepWalShort();
    }

    protected override void CloseStore()
    {
        _checkpointer?.Dispose();
        if (IsHealthy)
        {
            try
            {
                Sync();
                CompleteIndex();
                EndErasure();
            }
            catch (Exception exception) when (exception is SqliteStoreException or SealedException)
            {
                // The write-ahead log stays behind, whole, and is read at the next start.
            }
        }

        _connection.Dispose();
    }

    private void StartHousekeeping()
    {
        _pageSize = _connection.Database.ReadInt64("PRAGMA page_size") ?? 4096;
        _checkpointer = new Checkpointer(path, options.BusyTimeout);

        // A process may have died between an erasure and the end of its write-ahead log.
        EndErasure();
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
        ChangeSync(true);
        if (!_connection.Begin()) return;
        _connection.Index.WriteDue(0, Committed, all: true);
        _connection.Commit();
    }
}
