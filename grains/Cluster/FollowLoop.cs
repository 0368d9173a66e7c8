using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PmOrleans.GrainInterfaces.Serialization;
using PmOrleans.Node.Engine;
using PmOrleans.Node.Log;

namespace PmOrleans.Grains.Cluster;

/// <summary>
/// Follows the others: what they publish, as soon as it is heard of and twice a second anyway; which format all of them read; and whether this node may still
/// write at all.
/// </summary>
internal sealed partial class FollowLoop(
    NodeEngine engine, PostgresStore store, WireSettings wire, IHostApplicationLifetime? host, ILogger<FollowLoop> logger) : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(500);

    /// <summary>Turns between two looks at what the others read: an upgrade takes minutes.</summary>
    private const int TurnsPerLook = 10;

    private readonly CancellationTokenSource _stop = new();
    private readonly CatalogWatch _published = store.WatchCatalog();
    private Task _loop = Task.CompletedTask;

    public void Start() => _loop = Task.Run(RunAsync);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        await _published.DisposeAsync();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        var refused = 0;
        try
        {
            for (var turn = 0; ; turn++)
            {
                await _published.WaitAsync(Every, _stop.Token);
                if (engine.Health == LogHealth.Fenced)
                {
                    // Others have taken over, or the store has lost records: whatever this process still holds in memory is not what goes on.
                    Fenced(engine.Epoch, string.Join("; ", engine.NotReadyReasons));
                    Environment.ExitCode = 1;
                    host?.StopApplication();
                    return;
                }

                try
                {
                    await engine.FollowAsync(_stop.Token);
                    refused = 0;
                    if (turn % TurnsPerLook == 0)
                    {
                        wire.Writes = await ReadByAllAsync();
                    }
                }
                catch (NodeLogException)
                {
                    // The store cannot be read now.
                }
                catch (InvalidOperationException newer)
                {
                    if (refused++ == 0)
                    {
                        CannotFollow(newer.Message);
                    }
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }

    /// <summary>The newest format that every process reads that may write under an epoch; one that has not said so reads the oldest.</summary>
    private async Task<WireFormat> ReadByAllAsync()
    {
        var newest = WireSettings.Newest;
        foreach (var epoch in (await store.NodesAsync(_stop.Token)).Where(epoch => !epoch.Sealed))
        {
            var reads = SiloMark.Read(store.ReaderOf(epoch.Node), epoch.Epoch)?.Reads ?? WireFormat.Json;
            newest = reads < newest ? reads : newest;
        }

        return newest;
    }

    [LoggerMessage(1, LogLevel.Critical, "The log of epoch {Epoch} has ended, {Reason}: this process can write nothing more and stops.")]
    private partial void Fenced(long epoch, string reason);

    [LoggerMessage(2, LogLevel.Error, "The published catalog cannot go live here: {Reason}")]
    private partial void CannotFollow(string reason);
}
