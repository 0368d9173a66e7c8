namespace PmOrleans.Node.Log.Writing;

/// <summary>Work to be done in the writer's transaction; without work, a barrier.</summary>
internal sealed class WorkItem(Action<ILogTransaction>? work, CancellationToken cancellation)
{
    // Callers go on elsewhere: the writer's thread, often under the queue's lock, only tells them.
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Done => _done.Task;

    public bool IsBarrier => work is null;

    /// <summary>The record queued right before it: both are written or neither.</summary>
    public PendingAppend? Record { get; init; }

    public bool IsCancelled => cancellation.IsCancellationRequested;

    public void Run(ILogTransaction transaction) => work!(transaction);

    /// <summary>The work was refused and left nothing behind; its task learns it when the batch is through.</summary>
    public Exception? Fault { get; set; }

    public void Complete()
    {
        if (Fault is not null) _done.TrySetException(Fault);
        else _done.TrySetResult();
    }

    public void Cancel() => _done.TrySetCanceled(cancellation);

    /// <summary>The store failed; a barrier is through all the same, since nothing before it is pending any more.</summary>
    public void Fail(LogFailure failure)
    {
        if (IsBarrier) _done.TrySetResult();
        else _done.TrySetException(Fault ?? ToException(failure));
    }

    public static NodeLogException ToException(LogFailure failure) =>
        new(failure.Kind == LogFailureKind.Fenced ? NodeLogError.Fenced : NodeLogError.Unavailable, failure.Detail);
}
