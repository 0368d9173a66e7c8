using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Hosting;

/// <summary>Says in the log when the node stops being able to serve, why, and when it can again: what <c>/readyz</c> says, for whoever did not ask at that moment.</summary>
internal sealed partial class ReadyWatch(IDecisionNode node, TimeProvider time, ILogger<ReadyWatch> log) : BackgroundService
{
    // As often as others are told that a catalog is live: nobody reads a log faster.
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        var said = "";
        var since = time.GetTimestamp();
        do
        {
            var reasons = string.Join("; ", node.NotReadyReasons);
            if (reasons == said)
            {
                continue;
            }

            if (said.Length == 0)
            {
                since = time.GetTimestamp();
            }

            if (reasons.Length > 0)
            {
                NotReady(reasons);
            }
            else
            {
                Ready((long)time.GetElapsedTime(since).TotalSeconds);
            }

            said = reasons;
        }
        while (await NextAsync(timer, stoppingToken));
    }

    private static async ValueTask<bool> NextAsync(PeriodicTimer timer, CancellationToken stopping)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stopping);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Not ready: {Reasons}.")]
    private partial void NotReady(string reasons);

    [LoggerMessage(2, LogLevel.Information, "Ready again after {Seconds} s.")]
    private partial void Ready(long seconds);
}
