using Microsoft.Extensions.Logging;
using Orleans.Streams;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Node.Log;
using PmOrleans.Node.Projections;

namespace PmOrleans.Grains.Streams;

/// <summary>
/// Publishes what nodes that are gone had committed and not yet published, and remembers it in their stead. A node that never published has no checkpoint and is
/// left alone; one that comes back goes on from where this came to, so that everything still comes at least once.
/// </summary>
internal sealed partial class StreamTails(PostgresStore store, IStreamProvider streams, Func<CatalogSnapshot?> catalog, ILogger<StreamTails> logger)
{
    private readonly Dictionary<string, long> _published = new(StringComparer.Ordinal);

    /// <summary>What was begun last. Never faults.</summary>
    public Task Publishing { get; private set; } = Task.CompletedTask;

    /// <summary>
    /// Publishes beside whoever calls, since subscribers may be slow or away; does nothing while that is under way still. What fails is told, and there is
    /// another beginning.
    /// </summary>
    /// <param name="gone">Nodes, and their last sequences, final: all their epochs are sealed.</param>
    public void Begin(IReadOnlyList<(string Node, long End)> gone, CancellationToken stop)
    {
        if (Publishing.IsCompleted && catalog() is not null)
        {
            Publishing = Task.Run(() => PublishAsync(gone, stop), CancellationToken.None);
        }
    }

    private async Task PublishAsync(IReadOnlyList<(string Node, long End)> gone, CancellationToken stop)
    {
        foreach (var (node, end) in gone)
        {
            try
            {
                await PublishAsync(node, end, stop);
            }
            catch (Exception failure)
            {
                if (stop.IsCancellationRequested)
                {
                    return;
                }

                Unpublished(node, failure);
            }
        }
    }

    private async Task PublishAsync(string node, long end, CancellationToken stop)
    {
        if (_published.GetValueOrDefault(node, -1) == end)
        {
            return;
        }

        var log = store.ReaderOf(node);
        if (log.LoadCheckpoint(ProjectionNames.Streams) is { } checkpoint)
        {
            var facts = new FactStreams(node, streams, catalog, logger);
            for (var after = checkpoint.Watermark; after < end;)
            {
                var rows = log.ReadRange(after, FactStreams.Page);
                foreach (var row in rows)
                {
                    stop.ThrowIfCancellationRequested();
                    await facts.PublishAsync(row);
                }

                // Somebody else is at it, or the node is back: should it not get to the end, this goes on from where it came to.
                if (rows.Count == 0 || !await store.SaveCheckpointForAsync(node, new CheckpointRow(ProjectionNames.Streams, after = rows[^1].Sequence, []), stop))
                {
                    return;
                }
            }
        }

        _published[node] = end;
    }

    [LoggerMessage(1, LogLevel.Warning, "What node {Node} had not published on streams is not published now; it will be.")]
    private partial void Unpublished(string node, Exception failure);
}
