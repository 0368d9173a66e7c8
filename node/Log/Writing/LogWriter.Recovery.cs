using System.Diagnostics;

namespace PmOrleans.Node.Log.Writing;

/// <content>What the writer does when the store fails: fail what is certainly not written, settle what is in doubt, try again.</content>
internal abstract partial class LogWriter
{
    private int _failures;
    private long _retryAt;

    /// <summary>Undoes what the transaction has written, as far as the store still listens; COMMIT was not sent. Must not throw.</summary>
    protected abstract void Rollback();

    /// <summary>The connection is replaced before it is used again: it failed where nobody knows what it holds.</summary>
    protected abstract void Abandon();

    /// <summary>
    /// Opens the store anew and reads whether the batch is in it. The answer must be final: nothing that an earlier connection left behind can come to life
    /// afterwards. Throws while it cannot tell.
    /// </summary>
    protected abstract bool ReadOutcome();

    /// <summary>Whether the epoch is sealed; asked behind <see cref="ReadOutcome"/>.</summary>
    protected abstract bool IsSealed();

    /// <summary>What the store lacks of what it had acknowledged, where that is what ended the epoch; else <c>null</c>.</summary>
    protected virtual string? Loss => null;

    /// <summary>Commits something small, on a new connection where the last one was lost. Throws while the store cannot be written.</summary>
    /// <exception cref="SealedException">The epoch is sealed.</exception>
    protected abstract void Prove();

    protected void FailEverything(string detail)
    {
        BackOff();
        gauges.Fail(LogFailureKind.Unavailable, Batch.Records);
        queue.FailAll(Batch, new LogFailure(LogFailureKind.Unavailable, detail), LogHealth.Failing, detail);
    }

    private void FailBeforeCommit(Exception exception)
    {
        Forget();
        Rollback();
        FailEverything($"The store failed: {exception.Message}");
    }

    /// <summary>
    /// Tries until the store tells whether the batch is in. The answer counts only once it is final: until then what a failed COMMIT left behind could
    /// still come to life.
    /// </summary>
    /// <returns>True when the batch is in the log and is still to be completed.</returns>
    private bool SettleDoubt(Exception cause)
    {
        queue.EnterDoubt($"The outcome of a COMMIT is not known: {cause.Message}");
        gauges.Doubt();
        bool? isCommitted = null;
        while (isCommitted is null)
        {
            try
            {
                isCommitted = ReadOutcome();
                _unsynced = false;
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
            if (!IsSealed()) return true;
            CompleteAndFence();
            return false;
        }

        if (IsSealed())
        {
            Fence();
            return false;
        }

        Forget();
        gauges.Fail(LogFailureKind.Unavailable, Batch.Records);
        var failure = new LogFailure(LogFailureKind.Unavailable, $"COMMIT failed and nothing was written: {cause.Message}");
        queue.FailAll(Batch, failure, LogHealth.Healthy);
        return false;
    }

    /// <summary>The batch got in and the seal came after it.</summary>
    private void CompleteAndFence()
    {
        Finish(Stopwatch.GetTimestamp());
        Batch.Clear();
        Fence();
    }

    /// <summary>While failing, nothing is let in, so that the writer has to find out by itself that the store is back.</summary>
    private void Probe()
    {
        try
        {
            options.Faults.BeforeBegin();
            Prove();
        }
        catch (SealedException)
        {
            Fence();
            return;
        }
        catch (Exception)
        {
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
