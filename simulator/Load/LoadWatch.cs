using PmOrleans.Node.Time;
using PmOrleans.Simulator.Runs;
using PmOrleans.Simulator.Targets;

namespace PmOrleans.Simulator.Load;

/// <summary>Looks at the first gateway's campaigns, segments and a few of its customers while it is under load.</summary>
internal sealed class LoadWatch : IAsyncDisposable
{
    /// <summary>Customers looked at each time: a request each.</summary>
    public const int Sample = 40;

    private static readonly TimeSpan LastLookWithin = TimeSpan.FromSeconds(5);
    private readonly HttpEngine _engine;
    private readonly TimeSpan _every;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _watching;

    /// <param name="engine">Disposed with this.</param>
    public LoadWatch(HttpEngine engine, IReadOnlyList<string> customerIds, TimeSpan every)
    {
        (_engine, _every) = (engine, every);
        Seen = new RunObserver(engine.View, engine.Catalog, null, customerIds);
        _watching = WatchAsync();
    }

    public RunObserver Seen { get; }

    /// <summary>Why it stopped looking before the end, or <c>null</c>.</summary>
    public string? Trouble { get; private set; }

    /// <summary>Stops looking, after a last look.</summary>
    public async Task EndAsync()
    {
        await _stop.CancelAsync();
        await _watching;
        using var limit = new CancellationTokenSource(LastLookWithin);
        await TryLookAsync(limit.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching;
        await _engine.DisposeAsync();
        _stop.Dispose();
    }

    private async Task WatchAsync()
    {
        while (await TryLookAsync(_stop.Token))
        {
            await Task.Delay(_every, _stop.Token).ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }

    private async Task<bool> TryLookAsync(CancellationToken cancellation)
    {
        try
        {
            cancellation.ThrowIfCancellationRequested();
            await Seen.LookAsync(TimeProvider.System.NowMicros(), cancellation);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        catch (EngineLostException lost)
        {
            Trouble = lost.Message;
            return false;
        }
    }
}
