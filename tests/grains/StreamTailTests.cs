using PmOrleans.Grains.Cluster;
using PmOrleans.Node.Log;
using PmOrleans.Node.Tests.Log;

namespace PmOrleans.Grains.Tests;

public sealed class StreamTailTests
{
    private const string Name = "ghost";

    [PostgresFact]
    public async Task what_a_dead_silo_had_not_published_is_published_by_the_one_that_takes_over()
    {
        var cluster = new PostgresCluster(PostgresServer.Shared.ConnectionString, "tails");
        var end = await Ghost.LiveAndDieAsync(cluster, Name);

        await using var silo = await StreamingSilo.StartAsync(cluster);
        await silo.UntilAsync(() => ValueTask.FromResult<StreamListener?>(StreamListener.Instance), listener => listener!.Decisions.Count(one => one.Decision.Node == Name) >= 3);

        await using var store = await PostgresStore.OpenAsync(cluster.ConnectionString, cluster.Schema);
        await silo.UntilAsync(() => ValueTask.FromResult(store.ReaderOf(Name).LoadCheckpoint("streams")), checkpoint => checkpoint!.Watermark == end);

        // The first was published in its lifetime.
        var heard = StreamListener.Instance.Decisions.Where(one => one.Decision.Node == Name).Select(one => one.Decision.Sequence).Distinct().ToList();
        Assert.Equal(3, heard.Count);
        Assert.Contains(StreamListener.Instance.Segments, one => one.Change.Node == Name && one.Change.Entered.SequenceEqual(["viewers"]));
        Assert.False(await store.SaveCheckpointForAsync(Name, new CheckpointRow("streams", end - 1, [])));
        Assert.False(await store.SaveCheckpointForAsync("silo-1", new CheckpointRow("streams", long.MaxValue, [])));
    }
}
