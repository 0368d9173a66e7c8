using Microsoft.Extensions.ObjectPool;

namespace PmOrleans.Gateway.Http;

/// <summary>A token that is cancelled when the caller leaves or the time is over, and knows which.</summary>
internal sealed class Deadline : IDisposable
{
    private static readonly ObjectPool<CancellationTokenSource> Sources = new DefaultObjectPoolProvider { MaximumRetained = 1024 }.Create(new Unfired());

    private readonly CancellationTokenSource _source;
    private readonly CancellationTokenRegistration _caller;
    private readonly CancellationToken _aborted;

    private Deadline(int milliseconds, CancellationToken aborted)
    {
        _source = Sources.Get();
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
        Sources.Return(_source);
    }

    /// <summary>A source whose timer never fired serves the next request: timers are what costs here.</summary>
    private sealed class Unfired : PooledObjectPolicy<CancellationTokenSource>
    {
        public override CancellationTokenSource Create() => new();

        public override bool Return(CancellationTokenSource source) => source.TryReset();
    }
}
