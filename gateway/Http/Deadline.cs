namespace PmOrleans.Gateway.Http;

/// <summary>A token that is cancelled when the caller leaves or the time is over, and knows which.</summary>
internal sealed class Deadline : IDisposable
{
    private static readonly System.Collections.Concurrent.ConcurrentBag<CancellationTokenSource> Spare = [];

    private readonly CancellationTokenSource _source;
    private readonly CancellationTokenRegistration _caller;
    private readonly CancellationToken _aborted;

    private Deadline(int milliseconds, CancellationToken aborted)
    {
        _source = Spare.TryTake(out var spare) ? spare : new CancellationTokenSource();
        _aborted = aborted;
        _caller = aborted.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _source);
        _source.CancelAfter(milliseconds);
    }

    public CancellationToken Token => _source.Token;

    /// <summary>Whether it was the time and not the caller.</summary>
    public bool HasPassed => _source.IsCancellationRequested && !_aborted.IsCancellationRequested;

    public static Deadline Start(int milliseconds, CancellationToken aborted) => new(milliseconds, aborted);

    public void Dispose()
    {
        _caller.Dispose();

        // A source whose timer never fired serves the next request: timers are what costs here.
        if (_source.TryReset() && Spare.Count < 1024)
        {
            Spare.Add(_source);
        }
        else
        {
            _source.Dispose();
        }
    }
}
