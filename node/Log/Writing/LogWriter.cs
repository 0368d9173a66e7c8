using System.Diagnostics;

namespace PmOrleans.Node.Log.Writing;

/// <summary>
/// The thread that writes: takes what has queued up, writes it in one transaction under the epoch, tells everybody. What goes wrong before
/// COMMIT fails the batch and all behind it; what goes wrong at COMMIT is a doubt, and nobody is told anything until it is settled. A store says how.
/// </summary>
internal abstract partial class LogWriter(NodeLogOptions options, LogQueue queue, LogGauges gauges)
{
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(10);

    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _committed;
    private long _closeDeadline = long.MaxValue;

    public long Epoch { get; protected set; }

    public byte[] Secret { get; protected set; } = [];

    public long Committed => Volatile.Read(ref _committed);

    public Task Stopped => _stopped.Task;

    public Action<IReadOnlyList<PendingAppend>>? OnCommitted { get; set; }

    protected LogBatch Batch { get; } = new();

    protected LogFaults Faults => options.Faults;

    protected bool IsHealthy => queue.Health == LogHealth.Healthy;

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

    /// <summary>Opens the store, makes it if it is missing, begins the epoch. Gives everything back when it throws.</summary>
    /// <returns>The last committed sequence.</returns>
    protected abstract long Open();

    /// <summary>Writes the batch up to, not including, COMMIT.</summary>
    /// <exception cref="SealedException">The epoch is sealed.</exception>
    protected abstract void Prepare();

    /// <summary>What throws here is a doubt, unless <see cref="IsCertainlyUndone"/> says otherwise.</summary>
    /// <exception cref="SealedException">The epoch is sealed and nothing was written.</exception>
    protected abstract void Commit();

    /// <summary>Whether this failure of a COMMIT leaves no doubt.</summary>
    protected abstract bool IsCertainlyUndone(Exception exception);

    /// <summary>The batch is in the log.</summary>
    protected virtual void AfterCommit()
    {
    }

    /// <summary>The batch is not in the log; forget what memory holds of it.</summary>
    protected virtual void Forget()
    {
    }

    /// <summary>The last chance to leave things tidy, then gives everything back.</summary>
    protected abstract void CloseStore();

    protected static long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);

    private bool IsCloseOverdue => Stopwatch.GetTimestamp() > Volatile.Read(ref _closeDeadline);

    private void Run()
    {
        try
        {
            options.Faults.Opening();
            _committed = Open();
        }
        catch (Exception exception)
        {
            _opened.SetException(exception);
            _stopped.SetResult();
            return;
        }

        _lastSync = Stopwatch.GetTimestamp();
        _opened.SetResult();
        while (!(queue.IsClosing && (queue.Health == LogHealth.Fenced || IsCloseOverdue)))
        {
            queue.Take(Batch, options.MaxBatchRecords, options.MaxBatchBytes, TimeToWait());
            if (Batch.Entries.Count > 0) Write();
            else if (queue.IsClosing) break;
            KeepHouse();
            Batch.Clear();
        }

        Close();
        _stopped.SetResult();
    }

    private void Write()
    {
        var started = Stopwatch.GetTimestamp();
        if (!NeedsTransaction())
        {
            queue.Complete(Batch);
            return;
        }

        try
        {
            options.Faults.BeforeBegin();
            ChooseSync();
            Prepare();
        }
        catch (SealedException)
        {
            Fence();
            return;
        }
        catch (Exception exception)
        {
            FailBeforeCommit(exception);
            return;
        }

        if (TryCommit()) Finish(started);
    }

    /// <summary>False for barriers alone, unless they wait for the disk.</summary>
    private bool NeedsTransaction()
    {
        foreach (var entry in Batch.Entries)
        {
            if (entry is WorkItem) Batch.HasBarrier = true;
        }

        if (Batch.HasBarrier && _unsynced) return true;
        foreach (var entry in Batch.Entries)
        {
            if (entry is not WorkItem { IsBarrier: true }) return true;
        }

        return false;
    }

    /// <summary>True when the transaction is in the log; otherwise everybody concerned has been told.</summary>
    private bool TryCommit()
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            options.Faults.Committing();
            Commit();
            options.Faults.AfterCommit();
        }
        catch (SealedException)
        {
            Fence();
            return false;
        }
        catch (Exception exception) when (IsCertainlyUndone(exception))
        {
            FailBeforeCommit(exception);
            return false;
        }
        catch (Exception exception)
        {
            return SettleDoubt(exception);
        }

        EndSync(started);
        return true;
    }

    private void Finish(long started)
    {
        if (Batch.Inserted.Count > 0) Volatile.Write(ref _committed, Batch.Inserted[^1].Sequence);
        AfterCommit();
        if (queue.Health != LogHealth.Healthy) queue.Recover();
        _failures = 0;
        gauges.Commit(Batch.Inserted.Count, Batch.Refused.Count, Stopwatch.GetElapsedTime(started));
        if (Batch.Inserted.Count > 0) OnCommitted?.Invoke(Batch.Inserted);
        queue.Complete(Batch);
    }

    private void Fence()
    {
        Forget();
        gauges.Fail(LogFailureKind.Fenced, Batch.Records);
        queue.FailAll(
            Batch, new LogFailure(LogFailureKind.Fenced, Loss ?? $"Epoch {Epoch} is sealed; another process writes this log."), LogHealth.Fenced, Loss);
    }

    private void Close()
    {
        // The deadline has passed: what is left was never sent to the store.
        Batch.Clear();
        var health = queue.Health;
        queue.FailAll(Batch, new LogFailure(LogFailureKind.Unavailable, "The log was closed."), health);
        CloseStore();
    }
}
