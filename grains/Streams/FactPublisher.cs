using Microsoft.Extensions.Logging;
using Orleans.Streams;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Node.Log;
using PmOrleans.Node.Projections;

namespace PmOrleans.Grains.Streams;

/// <summary>
/// Publishes this node's committed decisions and segment changes, in the order of its log, and remembers behind them how far it came: what was published and not
/// yet remembered is published again. A node that is new begins with what comes; one that comes back begins where it stopped.
/// </summary>
/// <remarks>It reads the log and not the commits, so that a slow subscriber holds nobody up: what waits lies in the log anyway.</remarks>
internal sealed partial class FactPublisher(
    string node, INodeLog log, IStreamProvider streams, Func<CatalogSnapshot?> catalog, ILogger<FactPublisher> logger) : IAsyncDisposable
{
    /// <summary>Between looks at a log that had nothing new; what a subscriber waits at most, beside the delivery.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly FactStreams _streams = new(node, streams, catalog, logger);
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    public void Start() => _running = RunAsync(_stop.Token);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                await PublishAllAsync(await BeginAsync(cancellation), cancellation);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure) when (failure is NodeLogException || LostCalls.IsLost(failure))
            {
                // The store or the stream is away: from the last remembered place, later.
                Failed(failure.GetType().Name);
            }

            await Task.Delay(Pause, CancellationToken.None);
        }
    }

    /// <summary>From a place in the log on, until it is stopped or something fails.</summary>
    private async Task PublishAllAsync(long after, CancellationToken cancellation)
    {
        while (true)
        {
            var rows = log.Reader.ReadRange(after, FactStreams.Page);
            foreach (var row in rows)
            {
                await _streams.PublishAsync(row);
            }

            if (rows.Count > 0)
            {
                after = rows[^1].Sequence;
                await RememberAsync(after, cancellation);
            }
            else
            {
                await Task.Delay(Pause, cancellation);
            }
        }
    }

    private async Task<long> BeginAsync(CancellationToken cancellation)
    {
        if (log.Reader.LoadCheckpoint(ProjectionNames.Streams) is { } saved)
        {
            return saved.Watermark;
        }

        var end = log.CommittedSequence;
        await RememberAsync(end, cancellation);
        return end;
    }

    private Task RememberAsync(long watermark, CancellationToken cancellation) =>
        log.WriteAsync(transaction => transaction.SaveCheckpoint(new CheckpointRow(ProjectionNames.Streams, watermark, [])), cancellation);

    [LoggerMessage(1, LogLevel.Warning, "Decisions and segment changes are not published now ({Reason}); they will be.")]
    private partial void Failed(string reason);
}
