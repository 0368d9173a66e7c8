using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Grains.Cluster;
using PmOrleans.Node.Engine;
using PmOrleans.Node.Log;

namespace PmOrleans.Grains.Tests;

/// <summary>A node of a cluster that is gone and has left something to publish on streams.</summary>
internal static class Ghost
{
    /// <summary>What the nodes decided by.</summary>
    public static CatalogSnapshot Catalog { get; private set; } = null!;

    /// <summary>A node that decides four times, has published the first, and is sealed.</summary>
    /// <returns>The end of its log.</returns>
    public static async Task<long> LiveAndDieAsync(PostgresCluster cluster, string node)
    {
        var catalog = Directory.CreateTempSubdirectory("pmorleans-tail-").FullName;
        await File.WriteAllTextAsync(Path.Combine(catalog, "catalog.yaml"), StreamingSilo.Catalog);
        var log = await PostgresNodeLog.OpenAsync(new PostgresLogOptions { ConnectionString = cluster.ConnectionString, Schema = cluster.Schema, Node = node });
        await using var engine = await NodeEngine.StartAsync(log, new NodeEngineOptions { CatalogFolder = catalog }, TimeProvider.System);
        for (var n = 0; n < 4; n++)
        {
            var customer = $"{node}-{n}";
            Assert.False((await engine.DecideAsync(new DecisionRequest { DecisionId = customer, CustomerId = customer, Placements = [new PlacementRequest("p", 1, [])] })).IsRefused);
            if (n == 0)
            {
                await log.WriteAsync(transaction => transaction.SaveCheckpoint(new CheckpointRow("streams", log.CommittedSequence, [])));
            }
        }

        Assert.False((await engine.IngestAsync([new Touchpoint { CustomerId = $"{node}-1", Type = "view" }])).IsRefused);
        Catalog = engine.Catalog!;
        await using var store = await PostgresStore.OpenAsync(cluster.ConnectionString, cluster.Schema);
        Directory.Delete(catalog, recursive: true);
        return await store.SealAsync(node, log.Epoch);
    }
}
