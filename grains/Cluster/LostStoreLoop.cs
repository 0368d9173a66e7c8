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
    /// How long others write while this one cannot: longer than the writer's pause between two attempts with a lost packet on top, and short enough that the
    /// customers are elsewhere within 15 s, of which the store's time limit has taken five before anybody knows.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private SteadyLoop? _loop;
    private long? _aloneSince;

    public void Start() => (_loop = new SteadyLoop(Every, LookAsync, Stumbled)).Start();

    public ValueTask DisposeAsync() => _loop?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task LookAsync(CancellationToken stop)
    {
        if (engine.Health != LogHealth.Failing || !await peers.AnyWritesAsync())
        {
            // After an outage for all, one is the first to be back and the others need their moment.
            _aloneSince = null;
            return;
        }

        _aloneSince ??= Stopwatch.GetTimestamp();
        if (Stopwatch.GetElapsedTime(_aloneSince.Value) >= Patience && engine.Health == LogHealth.Failing)
        {
            // Nothing is lost by that: what was answered is in the database, and nothing more gets there from here. A graceful stop would have to write.
            Lost(engine.Epoch);
            using var self = Process.GetCurrentProcess();
            self.Kill();
        }
    }

    [LoggerMessage(1, LogLevel.Critical, "The log of epoch {Epoch} cannot be written from here, and other silos write theirs: this process ends, so that they serve its customers.")]
    private partial void Lost(long epoch);

    [LoggerMessage(2, LogLevel.Error, "Whether other silos can write could not be found out; it is tried again.")]
    private partial void Stumbled(Exception failure);
}
