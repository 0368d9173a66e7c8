using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PmOrleans.Node.Engine;
using PmOrleans.Node.Log;

namespace PmOrleans.Grains.Cluster;

/// <summary>Looks twice a second for what other nodes have published, and whether this node may still write. Other nodes call when they publish; this is for the call that gets lost.</summary>
internal sealed partial class FollowLoop(NodeEngine engine, IHostApplicationLifetime? host, ILogger<FollowLoop> logger) : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(500);
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
        var refused = 0;
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                if (engine.Health == LogHealth.Fenced)
                {
                    // Others have taken over: whatever this process still holds in memory is theirs.
                    Fenced(engine.Epoch);
                    Environment.ExitCode = 1;
                    host?.StopApplication();
                    return;
                }

                try
                {
                    await engine.FollowAsync(_stop.Token);
                    refused = 0;
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

    [LoggerMessage(1, LogLevel.Critical, "Another node has taken over the log of epoch {Epoch}: this process can write nothing more and stops.")]
    private partial void Fenced(long epoch);

    [LoggerMessage(2, LogLevel.Error, "The published catalog cannot go live here: {Reason}")]
    private partial void CannotFollow(string reason);
}
