using PmOrleans.Decisioning.Decisions;
using PmOrleans.Node.Embedded;
using PmOrleans.Node.Log;
using PmOrleans.Node.Log.Postgres;
using PmOrleans.Node.Port;

namespace PmOrleans.Node.Tests.Log;

/// <summary>A store that one process has to itself, and who else may open it.</summary>
public sealed class OneProcessTests
{
    private const int Affordable = 100;

    private static DecisionRequest Request => RequestOf("1");

    [LogFact]
    public async Task a_store_of_several_nodes_is_no_store_for_one_process()
    {
        using var store = new NodeStore();
        var impatient = store.Options with { Postgres = store.Schema.Options with { BusyTimeout = TimeSpan.FromMilliseconds(100) } };
        NodeLogException running;
        await using (await store.Schema.OpenAsync("silo-1")) running = await Assert.ThrowsAsync<NodeLogException>(() => EmbeddedNode.OpenAsync(impatient));

        var stopped = await Assert.ThrowsAsync<NodeLogException>(store.OpenAsync);

        foreach (var refusal in (NodeLogException[])[running, stopped])
        {
            Assert.Equal(NodeLogError.InUse, refusal.Error);
            Assert.Contains("silo-1", refusal.Message, StringComparison.Ordinal);
        }

        Assert.Equal((1, 1), (store.Schema.Query<long>("SELECT count(*) FROM node"), store.Schema.Query<long>("SELECT count(*) FROM epoch")));
    }

    [LogFact]
    public async Task while_one_process_has_the_store_to_itself_nobody_else_opens_it_and_the_first_goes_on()
    {
        using var store = new NodeStore();
        var impatient = store.Schema.Options with { BusyTimeout = TimeSpan.FromMilliseconds(100) };
        await using (var node = await store.OpenAsync())
        {
            var second = await Assert.ThrowsAsync<NodeLogException>(() => EmbeddedNode.OpenAsync(store.Options with { Postgres = impatient }));
            var silo = await Assert.ThrowsAsync<NodeLogException>(() => PostgresNodeLog.OpenAsync(impatient with { Node = "silo-1" }));

            Assert.Equal((NodeLogError.InUse, NodeLogError.InUse), (second.Error, silo.Error));
            Assert.NotNull((await node.DecideAsync(Request)).Value);
        }

        await using var next = await store.OpenAsync();
        Assert.True((await next.DecideAsync(Request)).Value!.Repeated);
        Assert.Equal(1, store.Schema.Query<long>("SELECT count(*) FROM node"));
    }

    [LogTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task silos_have_what_a_process_alone_left_as_soon_as_they_enter_whether_it_stopped_or_lost_its_connection(bool lost)
    {
        await using var cluster = new NodesWithOwners();
        using var seed = new NodeStore(SpendCatalog.Of(Affordable));
        var network = new ScriptedFaults();
        var alone = await EmbeddedNode.OpenAsync(seed.Options with { Postgres = cluster.Schema.Options with { Node = "gateway", Faults = network } });
        var served = 0;
        for (var n = 0; n < 20; n++) served += Offers(await alone.DecideAsync(RequestOf($"alone-{n}")));
        var epoch = alone.Log.Epoch;
        var waiting = default(ValueTask<Reply<DecisionAnswer>>);
        if (lost)
        {
            network.AtOpening = () => throw new IOException("the network is away");
            cluster.Schema.EndWriters();
            waiting = alone.DecideAsync(RequestOf("lost"));
        }
        else
        {
            await alone.DisposeAsync();
        }

        await cluster.BeginAsync(SpendCatalog.Of(Affordable), "silo-1");
        Assert.True((await cluster.Store.NodesAsync()).Single(one => one.Epoch == epoch).Sealed);
        if (lost)
        {
            network.Disarm();
            Assert.NotNull((await waiting).Refusal);
            using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
            while (!alone.NotReadyReasons.Contains("another process has taken over this log", StringComparer.Ordinal)) await Task.Delay(1, limit.Token);
            await alone.DisposeAsync();
        }

        await cluster.TakeOverAsync("gateway", epoch, by: "silo-1");
        Assert.Equal(Affordable, served + await cluster.SpendAsync("silo-1"));
        await cluster.AssertCleanAsync();
    }

    [LogFact]
    public async Task a_connection_that_the_server_still_believes_in_does_not_stand_in_the_way_of_the_next_one()
    {
        using var schema = new TestSchema();
        await using var source = StoreConnections.Writer(schema.Options);
        await using var lost = await source.OpenConnectionAsync();
        await using var next = await source.OpenConnectionAsync();
        var process = StoreLock.Enter(lost, schema.Name, alone: true);

        StoreLock.EndEarlier(next, schema.Name, process);
        StoreLock.Enter(next, schema.Name, alone: true);

        await using var stranger = await StoreConnections.Writer(schema.Options with { BusyTimeout = TimeSpan.FromMilliseconds(100) }).OpenConnectionAsync();
        Assert.Throws<Npgsql.PostgresException>(() => StoreLock.Enter(stranger, schema.Name, alone: false));
    }

    private static DecisionRequest RequestOf(string name) => new() { DecisionId = $"d-{name}", CustomerId = $"c-{name}", Placements = [new PlacementRequest("p", 1, [])] };

    private static int Offers(Reply<DecisionAnswer> answer) => answer.Value!.Placements[0].Offers.Count(offer => !offer.Fallback);
}
