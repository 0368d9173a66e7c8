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
        await using var store = await PostgresStore.OpenAsync(cluster.ConnectionString, cluster.Schema);
        await silo.UntilAsync(() => ValueTask.FromResult(store.ReaderOf(Name).LoadCheckpoint("streams")), checkpoint => checkpoint!.Watermark == end);

        // Published is on its way still, and may come twice.
        await silo.UntilAsync(() => ValueTask.FromResult<StreamListener?>(StreamListener.Instance), listener => Heard(listener!).Count >= 3 && listener!.Segments.Any(one => one.Change.Node == Name));

        // The first was published in its lifetime.
        Assert.Equal(3, Heard(StreamListener.Instance).Count);
        Assert.Contains(StreamListener.Instance.Segments, one => one.Change.Node == Name && one.Change.Entered.SequenceEqual(["viewers"]));
        Assert.False(await store.SaveCheckpointForAsync(Name, new CheckpointRow("streams", end - 1, [])));
        Assert.False(await store.SaveCheckpointForAsync("silo-1", new CheckpointRow("streams", long.MaxValue, [])));
    }

    private static HashSet<long> Heard(StreamListener listener) => [.. listener.Decisions.Where(one => one.Decision.Node == Name).Select(one => one.Decision.Sequence)];
}
