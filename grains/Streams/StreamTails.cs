using Microsoft.Extensions.Logging;
using Orleans.Streams;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Node.Log;

namespace PmOrleans.Grains.Streams;

/// <summary>
/// Publishes what nodes that are gone had committed and not yet published, and remembers it in their stead. A node that never published has no checkpoint and is
/// left alone; one that comes back goes on from where this came to, so that everything still comes at least once.
/// </summary>
internal sealed class StreamTails(PostgresStore store, IStreamProvider streams, Func<CatalogSnapshot?> catalog, ILogger<StreamTails> logger)
{
    private readonly Dictionary<string, long> _published = new(StringComparer.Ordinal);

    /// <param name="end">The node's last sequence, final: all its epochs are sealed.</param>
    /// <exception cref="NodeLogException">The store is away.</exception>
    public async Task PublishAsync(string node, long end, CancellationToken cancellation)
    {
        if (_published.GetValueOrDefault(node, -1) == end)
        {
            return;
        }

        var log = store.ReaderOf(node);
        if (log.LoadCheckpoint(FactStreams.Checkpoint) is { } checkpoint)
        {
            var facts = new FactStreams(node, streams, catalog, logger);
            for (var after = checkpoint.Watermark; after < end;)
            {
                var rows = log.ReadRange(after, FactStreams.Page);
                foreach (var row in rows)
                {
                    await facts.PublishAsync(row);
                }

                // Nothing more to read, or somebody else is at it, or the node is back.
                if (rows.Count == 0 || !await store.SaveCheckpointForAsync(node, new CheckpointRow(FactStreams.Checkpoint, after = rows[^1].Sequence, []), cancellation))
                {
                    break;
                }
            }
        }

        _published[node] = end;
    }
}
