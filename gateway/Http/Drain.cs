namespace PmOrleans.Gateway.Http;

/// <summary>Counts requests under way, and once a stop has begun lets no new work in.</summary>
internal sealed class Drain
{
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _underWay;
    private volatile bool _begun;

    public bool HasBegun => _begun;

    public int UnderWay => Volatile.Read(ref _underWay);

    public void Enter() => Interlocked.Increment(ref _underWay);

    public void Leave()
    {
        if (Interlocked.Decrement(ref _underWay) == 0 && _begun)
        {
            _empty.TrySetResult();
        }
    }

    /// <summary>Lets nothing new in; the task completes when nothing is under way any more.</summary>
    public Task Begin()
    {
        _begun = true;
        if (UnderWay == 0)
        {
            _empty.TrySetResult();
        }

        return _empty.Task;
    }
}
