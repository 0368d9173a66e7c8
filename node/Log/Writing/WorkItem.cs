namespace PmOrleans.Node.Log.Writing;

/// <summary>Work to be done in the writer's transaction; without work, a barrier.</summary>
internal sealed class WorkItem(Action<ILogTransaction>? work, CancellationToken cancellation)
{
    // Callers go on elsewhere: the writer's thread, often under the queue's lock, only tells them.
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Exception? _fault;

    public Task Done => _done.Task;

    public bool IsBarrier => work is null;

    /// <summary>The record queued right before it, whose transaction it goes into; without that record it is not done.</summary>
    public PendingAppend? Record { get; init; }

    public bool IsCancelled => cancellation.IsCancellationRequested;

    public void Run(ILogTransaction transaction) => work!(transaction);

    /// <summary>The work threw and left nothing behind; its task learns it when the batch is through.</summary>
    public void Fault(Exception exception) => _fault = exception;

    public void Complete()
    {
        if (_fault is not null) _done.TrySetException(_fault);
        else _done.TrySetResult();
    }

    public void Cancel() => _done.TrySetCanceled(cancellation);

    /// <summary>The store failed; a barrier is through all the same, since nothing before it is pending any more.</summary>
    public void Fail(LogFailure failure)
    {
        if (IsBarrier) _done.TrySetResult();
        else _done.TrySetException(_fault ?? ToException(failure));
    }

    public static NodeLogException ToException(LogFailure failure) =>
        new(failure.Kind == LogFailureKind.Fenced ? NodeLogError.Fenced : NodeLogError.Unavailable, failure.Detail);
}
