using PmOrleans.Node.Log;

namespace PmOrleans.Node.Tests.Log;

public sealed class StoreAwayTests
{
    private const string Catalog = """
        catalog: { currency: EUR }
        placements:
          p: { channel: web, slots: 1, fallback: { offer: f, content: {} } }
        """;

    [LogFact]
    public async Task a_node_of_whom_nothing_is_asked_says_that_the_store_cannot_be_read_and_that_it_can_again()
    {
        using var server = new PostgresServer();
        var clock = new Leap();
        await using var cluster = new NodesWithOwners { Schema = new TestSchema(server.ConnectionString), Time = clock };
        await cluster.BeginAsync(Catalog, "a");
        var node = cluster.Node("a");
        Assert.Empty(node.NotReadyReasons);

        server.Kill();
        await Assert.ThrowsAsync<NodeLogException>(() => node.FollowAsync());
        clock.Leapt = TimeSpan.FromSeconds(2);
        var away = node.NotReadyReasons;
        server.Start();
        await node.FollowAsync();

        // What a node writes by itself may find it out as well, and is told first.
        Assert.True(away[0] is "the store cannot be read" or "the log cannot be written", away[0]);
        Assert.NotEmpty(away[1]);
        Assert.DoesNotContain(node.NotReadyReasons, reason => reason == "the store cannot be read");
    }
}
