using System.Diagnostics;
using PmOrleans.Node.Log;

namespace PmOrleans.Node.Queue;

/// <summary>Counts what waits, beside the delivery, which does not wait for it. Counting a long queue takes its time, and is done the less often.</summary>
internal sealed class BacklogCount(TouchpointQueue queue, IQueueNotices notices)
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(500);

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var began = Stopwatch.GetTimestamp();
            try
            {
                await queue.LookAsync();
            }
            catch (NodeLogException)
            {
                // The store is away, and takes nothing in either.
            }
            catch (Exception failure)
            {
                notices.Stumbled(failure);
            }

            var took = Stopwatch.GetElapsedTime(began);
            await Task.Delay(took * 10 > Every ? took * 10 : Every, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
