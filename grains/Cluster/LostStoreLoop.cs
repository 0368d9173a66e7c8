using System.Diagnostics;
using Microsoft.Extensions.Logging;
using PmOrleans.Node.Engine;
using PmOrleans.Node.Log;

namespace PmOrleans.Grains.Cluster;

/// <summary>
/// Ends this process when it cannot write its log while another silo can: it answers the others' probes, so that they would leave its customers with it, and all of
/// them would be refused. While the database is away for everybody it ends nobody.
/// </summary>
internal sealed partial class LostStoreLoop(NodeEngine engine, Peers peers, ILogger<LostStoreLoop> logger) : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// How long others write while this one cannot: longer than the writer waits between its attempts, and short enough that the customers are elsewhere
    /// within 15 s.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;

    public void Start() => _loop = RunAsync();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Every);
        long? aloneSince = null;
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                if (engine.Health != LogHealth.Failing || !await peers.AnyWritesAsync())
                {
                    // After an outage for all, one is the first to be back and the others need their moment.
                    aloneSince = null;
                    continue;
                }

                aloneSince ??= Stopwatch.GetTimestamp();
                if (Stopwatch.GetElapsedTime(aloneSince.Value) >= Patience && engine.Health == LogHealth.Failing)
                {
                    // Nothing is lost by that: what was answered is in the database, and nothing more gets there from here. A graceful stop would have to write.
                    Lost(engine.Epoch);
                    using var self = Process.GetCurrentProcess();
                    self.Kill();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }

    [LoggerMessage(1, LogLevel.Critical, "The log of epoch {Epoch} cannot be written from here, and other silos write theirs: this process ends, so that they serve its customers.")]
    private partial void Lost(long epoch);
}
