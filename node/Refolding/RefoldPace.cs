using PmOrleans.Node.Log;

namespace PmOrleans.Node.Refolding;

/// <summary>Keeps a pass to its rate, and out of the way of a log that is busy with answers.</summary>
internal sealed class RefoldPace(INodeLog log, int customersPerSecond)
{
    /// <summary>How long a slow rate may keep a pass from seeing that it is over.</summary>
    private const int MostPauseMilliseconds = 1_000;

    /// <summary>With that much before it in the log's queue, the pass stands back.</summary>
    private static readonly TimeSpan BusyLog = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan StandBack = TimeSpan.FromMilliseconds(50);

    private long _firstTick;

    /// <summary>A pass begins now.</summary>
    public void Begin() => Interlocked.Exchange(ref _firstTick, Environment.TickCount64);

    /// <summary>Waits until a pass that has visited so many customers may go on, or need not.</summary>
    public async Task WaitAsync(long visited, Func<bool> goesOn, CancellationToken stop)
    {
        // With nothing queued the estimate says what the last commits took, and nobody waits for that.
        while (log.Load is { QueuedRecords: > 0 } load && load.EstimatedWait > BusyLog)
        {
            await Task.Delay(StandBack, stop);
        }

        var due = Interlocked.Read(ref _firstTick) + (long)(visited * 1_000.0 / customersPerSecond);
        while (due - Environment.TickCount64 is > 0 and var early && goesOn())
        {
            await Task.Delay((int)Math.Min(early, MostPauseMilliseconds), stop);
        }
    }
}
