using System.Diagnostics.CodeAnalysis;
using PmOrleans.Node.Log.Sqlite.Index;
using PmOrleans.Node.Log.Writing;
using SQLitePCL;

namespace PmOrleans.Node.Log.Sqlite;

/// <summary>Writes into a file of SQLite: BEGIN IMMEDIATE, the records one by one, COMMIT.</summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "Its thread owns the connection and closes it.")]
internal sealed partial class SqliteLogWriter(SqliteLogOptions options, LogFolder folder, string path, LogQueue queue, LogGauges gauges, LogIndex index)
    : LogWriter(options, queue, gauges)
{
    private WriterConnection _connection = null!;
    private long _workMark;
    private bool _reopen;

    protected override string? Loss => folder.IsLost
        ? $"the data folder '{Path.GetFullPath(options.Folder)}' was deleted, moved or replaced under this process, and what it writes would be lost: stop it, put the folder back, start it"
        : null;

    protected override long Open()
    {
        folder.Mark();
        var database = WriterConnection.Open(options, path);
        try
        {
            LogSchema.Ensure(database, path, options.NewSecret.Span);
            Secret = LogSchema.ReadSecret(database);
            Epoch = LogSchema.BeginEpoch(database);
            index.Rebuild(database);
            _connection = new WriterConnection(database, Epoch, index);
            Faults.Opened(database);
            StartHousekeeping();
            return database.ReadInt64("SELECT max(sequence) FROM log") ?? 0;
        }
        catch
        {
            _checkpointer?.Dispose();
            database.Dispose();
            throw;
        }
    }

    protected override void Prepare()
    {
        if (folder.IsLost || !_connection.Begin()) throw new SealedException();
        var sequence = Committed;
        foreach (var entry in Batch.Entries)
        {
            if (entry is WorkItem item) sequence = RunWork(item, sequence);
            else if (entry is PendingAppend { HasWork: false } record) sequence = Insert(record, sequence);
        }

        _connection.Index.WriteDue(Batch.Inserted.Count, sequence);
        if (Batch.HasWork) _connection.MarkWork(++_workMark);
        else if (Batch.Inserted.Count == 0) _connection.Touch();
        Faults.BeforeCommit();
    }

    protected override void Commit() => _connection.Commit();

    /// <summary>
    /// A full disk stops the write of the frames before the last one, which makes the transaction whole, and SQLite has rolled back; a lock is refused before
    /// anything is written. After anything else (an fsync above all) the frames may be on the disk and may come to life at the next recovery.
    /// </summary>
    protected override bool IsCertainlyUndone(Exception exception) => exception is SqliteStoreException store
        && (store.PrimaryCode == raw.SQLITE_FULL || (store.PrimaryCode == raw.SQLITE_BUSY && _connection.Database.InTransaction));

    protected override bool IsStoreFailure(Exception exception) => exception is SqliteStoreException;

    protected override void AfterCommit()
    {
        index.Commit(Committed);
        AfterErasure();
    }

    protected override void Forget() => index.Discard();

    protected override void Rollback()
    {
        try
        {
            _connection.Rollback();
            _connection.Transaction.HasErased = false;
        }
        catch (SqliteStoreException)
        {
            // COMMIT was never sent, so that nothing can be in the log; the probe will open a new connection.
            _reopen = true;
        }
    }

    protected override void Abandon() => _reopen = true;

    protected override bool ReadOutcome()
    {
        if (folder.IsLost) return false;
        Reopen();
        Faults.BeforeBegin();
        var isOurs = _connection.Begin();
        var end = _connection.ReadEnd(Committed);
        var mark = _connection.ReadWorkMark();
        if (isOurs)
        {
            _connection.Touch();
            _connection.Commit();

            // The kernel may have dropped what a failed fsync did not bring to the disk, and call the next one a success. Copying the frames
            // into the database file writes them again.
            _connection.Database.Checkpoint(raw.SQLITE_CHECKPOINT_PASSIVE);
        }

        return Batch.Inserted.Count > 0 ? end >= Batch.Inserted[^1].Sequence : !Batch.HasWork || mark >= _workMark;
    }

    protected override bool IsSealed() => folder.IsLost || _connection.IsSealed();

    protected override void Prove()
    {
        try
        {
            if (folder.IsLost) throw new SealedException();
            if (_reopen) Reopen();
            if (!_connection.Begin()) throw new SealedException();
            _connection.ProveSpace();
            _connection.Touch();
            _connection.Commit();
        }
        catch (SqliteStoreException)
        {
            _reopen = true;
            throw;
        }
    }

    private long Insert(PendingAppend record, long sequence)
    {
        if (Batch.RefuseFollower(record)) return sequence;
        Faults.BeforeInsert(record);
        if (_connection.Insert(record, sequence + 1) is { } failure)
        {
            Batch.Refuse(record, failure);
            return sequence;
        }

        record.Sequence = sequence + 1;
        Batch.Inserted.Add(record);
        return sequence + 1;
    }

    private long RunWork(WorkItem item, long sequence)
    {
        if (item.IsBarrier) return sequence;
        if (item.IsCancelled)
        {
            item.Cancel();
            return sequence;
        }

        var end = sequence;
        try
        {
            if (_connection.Transaction.TryRun(item, record => (end = Insert(record, sequence)) > sequence)) Batch.HasWork = true;
            else item.Fault = Batch.RefusalOf(item);
            return end;
        }
        catch (Exception exception) when (_connection.Database.InTransaction && !ConcernsAll(exception))
        {
            if (end > sequence) index.TakeBack(item.Record!);
            item.Fault = exception is SqliteStoreException store ? store.Explain("The work was refused by the store") : exception;
            Batch.RefuseRecordOf(item, item.Fault);
            return sequence;
        }
    }

    /// <summary>A broken constraint is the work's own doing; any other code of SQLite concerns the whole transaction.</summary>
    private static bool ConcernsAll(Exception exception) =>
        exception is SqliteStoreException { PrimaryCode: not raw.SQLITE_CONSTRAINT and not raw.SQLITE_TOOBIG and not raw.SQLITE_MISMATCH };

    private void Reopen()
    {
        _reopen = true;
        _connection.Dispose();
        Faults.Opening();
        var database = WriterConnection.Open(options, path);
        try
        {
            Faults.Opened(database);
            _connection = new WriterConnection(database, Epoch, index);
            ResetSync();
            _reopen = false;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }
}
