using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using PmOrleans.Node.Log.Sqlite.Index;
using SQLitePCL;

namespace PmOrleans.Node.Log.Sqlite;

/// <summary>
/// The thread that writes: takes what has queued up, writes it in one transaction under the epoch, tells everybody. What goes wrong before
/// COMMIT fails the batch and all behind it; what goes wrong at COMMIT is a doubt, and nobody is told anything until it is settled.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "Its thread owns the connection and closes it.")]
internal sealed partial class LogWriter(SqliteLogOptions options, string path, LogQueue queue, LogGauges gauges, LogIndex index)
{
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(10);

    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly LogBatch _batch = new();
    private WriterConnection _connection = null!;
    private long _committed;
    private long _workMark;
    private long _closeDeadline = long.MaxValue;

    public long Epoch { get; private set; }

    public byte[] Secret { get; private set; } = [];

    public long Committed => Volatile.Read(ref _committed);

    public Task Stopped => _stopped.Task;

    public Action<IReadOnlyList<PendingAppend>>? OnCommitted { get; set; }

    /// <summary>Starts the thread; completes when the store is open and the epoch begun.</summary>
    public Task StartAsync()
    {
        new Thread(Run) { IsBackground = true, Name = "node log writer" }.Start();
        return _opened.Task;
    }

    public void Stop()
    {
        Volatile.Write(ref _closeDeadline, Stopwatch.GetTimestamp() + Ticks(options.CloseTimeout));
        queue.Close();
    }

    private void Run()
    {
        try
        {
            Open();
        }
        catch (Exception exception)
        {
            _connection?.Dispose();
            _opened.SetException(exception);
            _stopped.SetResult();
            return;
        }

        _opened.SetResult();
        while (!(queue.IsClosing && (queue.Health == LogHealth.Fenced || IsCloseOverdue)))
        {
            queue.Take(_batch, options.MaxBatchRecords, options.MaxBatchBytes, TimeToWait());
            if (_batch.Entries.Count > 0) Write();
            else if (queue.IsClosing) break;
            KeepHouse();
            _batch.Clear();
        }

        Close();
        _stopped.SetResult();
    }

    private void Open()
    {
        options.Faults.Opening();
        var database = WriterConnection.Open(options, path);
        try
        {
            LogSchema.Ensure(database, path, options.NewSecret.Span);
            Secret = LogSchema.ReadSecret(database);
            Epoch = LogSchema.BeginEpoch(database);
            _committed = database.ReadInt64("SELECT max(sequence) FROM log") ?? 0;
            index.Rebuild(database);
            _connection = new WriterConnection(database, Epoch, index);
        }
        catch
        {
            database.Dispose();
            throw;
        }

        options.Faults.Opened(database);
        StartHousekeeping();
    }

    private void Write()
    {
        var started = Stopwatch.GetTimestamp();
        bool hasTransaction;
        try
        {
            hasTransaction = Prepare();
        }
        catch (Exception exception)
        {
            FailBeforeCommit(exception);
            return;
        }

        if (queue.Health == LogHealth.Fenced) return;
        if (!hasTransaction) queue.Complete(_batch);
        else if (Commit()) Finish(started);
    }

    /// <summary>Writes the batch up to, not including, COMMIT. False when there was nothing to write, as for a barrier alone.</summary>
    private bool Prepare()
    {
        var needsTransaction = NeedsTransaction();
        if (!needsTransaction) return false;
        options.Faults.BeforeBegin();
        ChooseSync();
        if (!_connection.Begin())
        {
            Fence();
            return false;
        }

        var sequence = _committed;
        foreach (var entry in _batch.Entries)
        {
            if (entry is PendingAppend record) sequence = Insert(record, sequence);
            else RunWork((WorkItem)entry);
        }

        _connection.Index.WriteDue(_batch.Inserted.Count, sequence);
        if (_batch.HasWork) _connection.MarkWork(++_workMark);
        else if (_batch.Inserted.Count == 0) _connection.Touch();
        options.Faults.BeforeCommit();
        return true;
    }

    private bool NeedsTransaction()
    {
        foreach (var entry in _batch.Entries)
        {
            if (entry is WorkItem) _batch.HasBarrier = true;
        }

        if (_batch.HasBarrier && _unsynced) return true;
        foreach (var entry in _batch.Entries)
        {
            if (entry is not WorkItem { IsBarrier: true }) return true;
        }

        return false;
    }

    private long Insert(PendingAppend record, long sequence)
    {
        if (_batch.Clashed.Count > 0 && _batch.Clashed.TryGetValue(record.Customer, out var predecessor))
        {
            _batch.Refused[record] = predecessor;
            return sequence;
        }

        options.Faults.BeforeInsert(record);
        var failure = _connection.Insert(record, sequence + 1);
        if (failure is not null)
        {
            _batch.Refuse(record, failure);
            return sequence;
        }

        record.Sequence = sequence + 1;
        _batch.Inserted.Add(record);
        return sequence + 1;
    }

    private void RunWork(WorkItem item)
    {
        if (item.IsBarrier) return;
        if (item.IsCancelled)
        {
            item.Cancel();
            return;
        }

        try
        {
            _connection.Transaction.Run(item);
            _batch.HasWork = true;
        }
        catch (Exception exception) when (_connection.Database.InTransaction && !IsStoreFailure(exception))
        {
            item.Fault(exception is SqliteStoreException store ? store.Explain("The work was refused by the store") : exception);
        }
    }

    /// <summary>A broken constraint is the work's own doing; any other code of SQLite concerns the whole transaction.</summary>
    private static bool IsStoreFailure(Exception exception) =>
        exception is SqliteStoreException { PrimaryCode: not raw.SQLITE_CONSTRAINT and not raw.SQLITE_TOOBIG and not raw.SQLITE_MISMATCH };

    /// <summary>True when the transaction is in the log; otherwise everybody concerned has been told.</summary>
    private bool Commit()
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            options.Faults.Committing();
            _connection.Commit();
            options.Faults.AfterCommit();
        }
        catch (SqliteStoreException exception) when (IsCertainlyUndone(exception))
        {
            FailBeforeCommit(exception);
            return false;
        }
        catch (Exception exception)
        {
            return SettleDoubt(exception);
        }

        EndCommit(started);
        return true;
    }

    /// <summary>
    /// A full disk stops the write of the frames before the last one, which makes the transaction whole, and SQLite has rolled back; a lock is refused before
    /// anything is written. After anything else (an fsync above all) the frames may be on the disk and may come to life at the next recovery.
    /// </summary>
    private bool IsCertainlyUndone(SqliteStoreException exception) =>
        exception.PrimaryCode == raw.SQLITE_FULL || (exception.PrimaryCode == raw.SQLITE_BUSY && _connection.Database.InTransaction);

    private void Finish(long started)
    {
        if (_batch.Inserted.Count > 0) Volatile.Write(ref _committed, _batch.Inserted[^1].Sequence);
        index.Commit(_committed);
        AfterErasure();
        if (queue.Health != LogHealth.Healthy) queue.Recover();
        _failures = 0;
        gauges.Commit(_batch.Inserted.Count, _batch.Refused.Count, Stopwatch.GetElapsedTime(started));
        if (_batch.Inserted.Count > 0) OnCommitted?.Invoke(_batch.Inserted);
        queue.Complete(_batch);
    }

    private void Fence()
    {
        gauges.Fail(LogFailureKind.Fenced, _batch.Records);
        queue.FailAll(
            _batch, new LogFailure(LogFailureKind.Fenced, $"Epoch {Epoch} is sealed; another process writes this log."), LogHealth.Fenced);
    }

    private void Close()
    {
        // The deadline has passed: what is left was never sent to the store.
        _batch.Clear();
        var health = queue.Health;
        queue.FailAll(_batch, new LogFailure(LogFailureKind.Unavailable, "The log was closed."), health);
        StopHousekeeping();
        _connection.Dispose();
    }

    private bool IsCloseOverdue => Stopwatch.GetTimestamp() > Volatile.Read(ref _closeDeadline);

    private static long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);
}
