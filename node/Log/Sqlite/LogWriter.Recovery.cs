using System.Diagnostics;

namespace PmOrleans.Node.Log.Sqlite;

/// <content>What the writer does when the store fails: fail what is certainly not written, settle what is in doubt, try again.</content>
internal sealed partial class LogWriter
{
    private int _failures;
    private long _retryAt;
    private bool _reopen;

    private void FailBeforeCommit(Exception exception)
    {
        index.Discard();
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

        BackOff();
        gauges.Fail(LogFailureKind.Unavailable, _batch.Records);
        queue.FailAll(_batch, new LogFailure(LogFailureKind.Unavailable, $"The store failed: {exception.Message}"), LogHealth.Failing);
    }

    /// <summary>
    /// Tries until the store tells whether the batch is in. The answer counts only once a further transaction is committed and on disk: until
    /// then frames that a failed fsync left behind could still come to life in a recovery.
    /// </summary>
    /// <returns>True when the batch is in the log and is still to be completed.</returns>
    private bool SettleDoubt(Exception cause)
    {
        queue.EnterDoubt();
        gauges.Doubt();
        bool? isCommitted = null;
        while (isCommitted is null)
        {
            try
            {
                isCommitted = ReadOutcome();
            }
            catch (Exception)
            {
                // Still unknown. Nothing may be released; a closing log gives up without having told anybody.
                BackOff();
                if (IsCloseOverdue) return false;
                queue.WaitForRetry(_retryAt);
            }
        }

        if (isCommitted.Value)
        {
            if (!_connection.IsSealed()) return true;
            CompleteAndFence();
            return false;
        }

        index.Discard();
        var failure = $"COMMIT failed and nothing was written: {cause.Message}";
        if (_connection.IsSealed())
        {
            Fence();
            return false;
        }

        gauges.Fail(LogFailureKind.Unavailable, _batch.Records);
        queue.FailAll(_batch, new LogFailure(LogFailureKind.Unavailable, failure), LogHealth.Healthy);
        return false;
    }

    private bool ReadOutcome()
    {
        Reopen();
        options.Faults.BeforeBegin();
        var isOurs = _connection.Begin();
        var end = _connection.ReadEnd(_committed);
        var mark = _connection.ReadWorkMark();
        if (isOurs)
        {
            _connection.Touch();
            _connection.Commit();

            // The kernel may have dropped what a failed fsync did not bring to the disk, and call the next one a success. Copying the frames
            // into the database file writes them again.
            _connection.Database.Checkpoint(SQLitePCL.raw.SQLITE_CHECKPOINT_PASSIVE);
        }

        _unsynced = false;
        return _batch.Inserted.Count > 0 ? end >= _batch.Inserted[^1].Sequence : !_batch.HasWork || mark >= _workMark;
    }

    /// <summary>The batch got in and the seal came after it.</summary>
    private void CompleteAndFence()
    {
        Finish(Stopwatch.GetTimestamp());
        _batch.Clear();
        Fence();
    }

    private void Reopen()
    {
        _reopen = true;
        _connection.Dispose();
        options.Faults.Opening();
        var database = WriterConnection.Open(options, path);
        try
        {
            options.Faults.Opened(database);
            _connection = new WriterConnection(database, Epoch, index);
            _sync = true;
            _reopen = false;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>While failing, nothing is let in, so that the writer has to find out by itself that the store is back.</summary>
    private void Probe()
    {
        try
        {
            if (_reopen) Reopen();
            options.Faults.BeforeBegin();
            if (!_connection.Begin())
            {
                Fence();
                return;
            }

            _connection.ProveSpace();
            _connection.Touch();
            _connection.Commit();
        }
        catch (Exception)
        {
            _reopen = true;
            BackOff();
            return;
        }

        queue.Recover();
    }

    private void BackOff()
    {
        var pause = options.MinBackOff * Math.Pow(2, Math.Min(_failures++, 20));
        _retryAt = Stopwatch.GetTimestamp() + Ticks(pause < options.MaxBackOff ? pause : options.MaxBackOff);
    }
}
