using PmOrleans.Node.Log;

namespace PmOrleans.Node.Retention;

/// <summary>Keeps a cut out of the way of answers: small transactions, a quarter of one processor at most, and nothing while the log is busy.</summary>
/// <param name="times">How much longer a transaction may take that holds nobody up but by the disk it shares with the others.</param>
internal sealed class CutPace(INodeLog log, int most, int times = 1)
{
    private const int Least = 25;

    /// <summary>Pause after a transaction, in times of what it took to work out and write it.</summary>
    private const int Pause = 3;

    /// <summary>
    /// What a transaction may add to the wait of those who are answered with it, its commit included: most of it is that the pages it touched are written, some
    /// for each record, as customers and decision ids lie anywhere.
    /// </summary>
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(3);
    private static readonly TimeSpan Long = TimeSpan.FromMilliseconds(6);

    /// <summary>With that much before it in the log's queue, the cut stands back.</summary>
    private static readonly TimeSpan BusyLog = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan StandBack = TimeSpan.FromMilliseconds(50);

    /// <summary>Records of the next transaction.</summary>
    public int Together { get; private set; } = Math.Min(Least, most);

    /// <param name="worked">What it took to work the transaction out.</param>
    /// <param name="took">What the log's writer took for it.</param>
    public async Task WaitAsync(TimeSpan worked, TimeSpan took, CancellationToken stop)
    {
        Together = took > Long * times ? Math.Max(Math.Min(Least, most), Together * 2 / 3) : took < Short * times ? Math.Min(most, Together + (Together / 4) + 1) : Together;
        await Task.Delay((worked + took) * Pause, stop);

        // With nothing queued the estimate says what the last commits took, and nobody waits for that.
        while (log.Load is { QueuedRecords: > 0 } load && load.EstimatedWait > BusyLog)
        {
            await Task.Delay(StandBack, stop);
        }
    }
}
