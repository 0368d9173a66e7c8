using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Grains.Cluster;
using PmOrleans.Node.Engine;
using PmOrleans.Node.Log;
using PmOrleans.Node.Tests.Log;

namespace PmOrleans.Grains.Tests;

public sealed class StreamTailTests
{
    private const string Ghost = "ghost";

    [PostgresFact]
    public async Task what_a_dead_silo_had_not_published_is_published_by_the_one_that_takes_over()
    {
        var cluster = new PostgresCluster(PostgresServer.Shared.ConnectionString, "tails");
        var end = await LiveAndDieAsync(cluster);

        await using var silo = await StreamingSilo.StartAsync(cluster);
        await silo.UntilAsync(() => ValueTask.FromResult<StreamListener?>(StreamListener.Instance), listener => listener!.Decisions.Count(one => one.Decision.Node == Ghost) >= 3);

        await using var store = await PostgresStore.OpenAsync(cluster.ConnectionString, cluster.Schema);
        await silo.UntilAsync(() => ValueTask.FromResult(store.ReaderOf(Ghost).LoadCheckpoint("streams")), checkpoint => checkpoint!.Watermark == end);

        // The first was published in its lifetime.
        var heard = StreamListener.Instance.Decisions.Where(one => one.Decision.Node == Ghost).Select(one => one.Decision.Sequence).Distinct().ToList();
        Assert.Equal(3, heard.Count);
        Assert.Contains(StreamListener.Instance.Segments, one => one.Change.Node == Ghost && one.Change.Entered.SequenceEqual(["viewers"]));
        Assert.False(await store.SaveCheckpointForAsync(Ghost, new CheckpointRow("streams", end - 1, [])));
        Assert.False(await store.SaveCheckpointForAsync("silo-1", new CheckpointRow("streams", long.MaxValue, [])));
    }

    /// <summary>A node that decides four times, has published the first, and is sealed.</summary>
    /// <returns>The end of its log.</returns>
    private static async Task<long> LiveAndDieAsync(PostgresCluster cluster)
    {
        var catalog = Directory.CreateTempSubdirectory("pmorleans-tail-").FullName;
        await File.WriteAllTextAsync(Path.Combine(catalog, "catalog.yaml"), StreamingSilo.Catalog);
        var log = await PostgresNodeLog.OpenAsync(new PostgresLogOptions { ConnectionString = cluster.ConnectionString, Schema = cluster.Schema, Node = Ghost });
        await using var engine = await NodeEngine.StartAsync(log, new NodeEngineOptions { CatalogFolder = catalog }, TimeProvider.System);
        for (var n = 0; n < 4; n++)
        {
            Assert.False((await engine.DecideAsync(new DecisionRequest { DecisionId = $"g-{n}", CustomerId = $"g-{n}", Placements = [new PlacementRequest("p", 1, [])] })).IsRefused);
            if (n == 0)
            {
                await log.WriteAsync(transaction => transaction.SaveCheckpoint(new CheckpointRow("streams", log.CommittedSequence, [])));
            }
        }

        Assert.False((await engine.IngestAsync([new Touchpoint { CustomerId = "g-1", Type = "view" }])).IsRefused);
        await using var store = await PostgresStore.OpenAsync(cluster.ConnectionString, cluster.Schema);
        Directory.Delete(catalog, recursive: true);
        return await store.SealAsync(Ghost, log.Epoch);
    }
}
