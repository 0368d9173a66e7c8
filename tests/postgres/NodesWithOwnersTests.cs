using PmOrleans.Decisioning.Budgets;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Leases;
using PmOrleans.Node.Log;
using PmOrleans.Node.Owners;
using PmOrleans.Node.Port;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Tests.Log;

/// <summary>Several nodes that share budgets and models by way of owners, with the attacks of a cluster and the verifier's word after each.</summary>
public sealed class NodesWithOwnersTests
{
    private const int Offers = 100;
    // Worth so much that an offer nobody ever clicks still pays: what is counted here is the money.
    private const string Catalog = """
        catalog: { currency: EUR }
        metrics:
          views7d: count(view) over 7d
        segments:
          looking: { rule: metrics.views7d >= 1 }
        policies:
          default: { goal: { on: click, within: 30m }, exploration: { kind: epsilonGreedy, epsilon: 0.5, floor: 0.1 } }
        placements:
          p: { channel: web, slots: 1, fallback: { offer: f, content: {} } }
        campaigns:
          c:
            budget: { total: 37, settleOn: decision }
            offers:
              a: { placements: [p], value: 100000, cost: 0.37, content: {} }
        """;

    [LogFact]
    public async Task several_nodes_spend_one_budget_to_its_end_and_never_beyond()
    {
        await using var cluster = await ClusterAsync("a", "b", "c");

        Assert.Equal(Offers, await cluster.SpendAsync("a", "b", "c"));
        Assert.Equal(0, await cluster.DecideAsync("a", "b", "c"));

        await cluster.AssertCleanAsync();
    }

    [LogFact]
    public async Task what_a_dead_node_held_is_free_again_and_its_log_is_in_the_books()
    {
        await using var cluster = await ClusterAsync("a", "b");
        var before = await cluster.DecideAsync("a", "b");
        await cluster.DieAsync("a");

        await cluster.TakeOverAsync("a", by: "b");

        Assert.Equal(Offers, before + await cluster.SpendAsync("b"));
        await cluster.AssertCleanAsync();
    }

    [LogFact]
    public async Task the_last_node_that_stops_does_not_wait_for_owners_and_tells_them_when_it_starts_again()
    {
        await using var cluster = new NodesWithOwners { Time = new NoTimers(), HasPeers = () => false, Configure = static (_, options) => options with { Commit = CommitMode.Async } };
        await cluster.BeginAsync(Catalog, "a");
        cluster.Owners.Cut(cluster.Node("a").Epoch);
        var before = await cluster.DecideAsync("a");

        await cluster.StopAsync("a").WaitAsync(TimeSpan.FromMinutes(1));
        await cluster.StartAsync("a");

        Assert.Equal(Offers, before + await cluster.SpendAsync("a"));
        await cluster.AssertCleanAsync();
    }

    [LogFact]
    public async Task of_several_nodes_that_take_over_one_frees_the_leases()
    {
        await using var cluster = await ClusterAsync("a", "b", "c");
        var before = await cluster.DecideAsync("a", "b", "c");
        await cluster.DieAsync("a");

        var freed = await Task.WhenAll(cluster.TakeOverAsync("a", by: "b"), cluster.TakeOverAsync("a", by: "c"));

        // Who comes when all is freed and folded is told that nothing is left.
        Assert.Single(freed, amount => amount > 0);
        Assert.Equal(Offers, before + await cluster.SpendAsync("b", "c"));
        await cluster.AssertCleanAsync();
    }

    [LogFact]
    public async Task one_who_dies_while_taking_over_leaves_the_rest_to_the_next()
    {
        await using var cluster = await ClusterAsync("a", "b", "c");
        var before = await cluster.DecideAsync("a", "b", "c");
        await cluster.DieAsync("a");
        await cluster.TakeOverAsync("a", by: "b");
        await cluster.DieAsync("b");

        await cluster.TakeOverAsync("b", by: "c");
        await cluster.TakeOverAsync("a", by: "c");

        Assert.Equal(Offers, before + await cluster.SpendAsync("c"));
        await cluster.AssertCleanAsync();
    }

    [LogFact]
    public async Task figures_are_refused_for_now_where_the_owners_do_not_hear_what_was_committed()
    {
        await using var cluster = await ClusterAsync("a");
        var node = cluster.Node("a");
        cluster.Owners.Cut(node.Epoch);
        await cluster.DecideAsync("a");

        var refusals = await Task.WhenAll(
            RefusalAsync(node.ReadCampaignsAsync()), RefusalAsync(node.ReadCampaignAsync("c")), RefusalAsync(node.ReadExperimentsAsync()),
            RefusalAsync(node.ReadSegmentsAsync()), RefusalAsync(node.ReadSegmentAsync("looking")), RefusalAsync(node.ReadPolicyAsync("p")))
            .WaitAsync(TimeSpan.FromMinutes(2));

        Assert.All(refusals, refusal => Assert.Equal(RefusalKind.Unavailable, refusal?.Kind));
        Assert.All(refusals, refusal => Assert.NotNull(refusal!.RetryAfter));
        await cluster.DieAsync("a");

        static async Task<Refusal?> RefusalAsync<T>(ValueTask<Reply<T>> reply)
            where T : class => (await reply).Refusal;
    }

    [LogFact]
    public async Task an_owner_that_is_lost_with_what_it_had_not_saved_is_told_again()
    {
        await using var cluster = await ClusterAsync("a", "b");
        var served = 0;
        for (var round = 0; round < 10; round++)
        {
            served += await cluster.DecideAsync("a", "b");
            if (round % 3 == 0) await cluster.Owners.SaveAsync();
            await cluster.Owners.LoseAsync();
        }

        served += await cluster.SpendAsync("a", "b");

        Assert.Equal(Offers, served);
        var report = await cluster.AssertCleanAsync();
        Assert.DoesNotContain(report.Notes, note => note.Contains("not compared", StringComparison.Ordinal));
    }

    [LogFact]
    public async Task an_owner_whose_row_is_gone_grants_nothing_before_it_has_heard_of_all_that_was_spent()
    {
        var clock = new SimulatedClock(new DateTimeOffset(2026, 11, 21, 10, 0, 0, TimeSpan.Zero));
        await using var cluster = await NodesWithOwners.StartAsync(Catalog.Replace("total: 37", "daily: 37", StringComparison.Ordinal), clock, "a", "b");
        var (served, asked) = (0, 0);
        while (served < Offers / 2) served += await cluster.DecideAsync("b");
        await cluster.DieAsync("b");
        cluster.Schema.Execute("DELETE FROM owner");
        await cluster.Owners.LoseAsync();

        Assert.Equal((0, true), await AskAsync());

        // What the owner before it has acknowledged says nothing of this one: it has all of the log when it has what comes new.
        Assert.Null((await cluster.Node("a").IngestAsync([new Touchpoint { CustomerId = "c-new", Type = "view" }])).Refusal);
        await cluster.FoldedAsync();
        Assert.Equal((0, true), await AskAsync());

        Assert.NotNull(await cluster.TakeOverAsync("b", by: "a"));
        Assert.Equal(Offers, served + await cluster.SpendAsync("a"));
        Assert.Equal((0, false), await AskAsync());
        await cluster.AssertCleanAsync();

        // As a node would that has just come, and has nothing.
        async Task<(long Granted, bool HasFree)> AskAsync()
        {
            var campaign = cluster.Node("a").Catalog!.Campaigns.Single();
            var slice = await cluster.Owners.TakeAsync(new SliceAsk(
                99, ++asked, 0, new SliceRequest(campaign.Number, BudgetDay.Of(campaign, clock.NowMicros()), 37_000_000, 0, 0, 370_000, 1)));
            return (slice.GrantedMicros, slice.FreeMicros > 0);
        }
    }

    [LogFact]
    public async Task a_customer_who_moves_from_node_to_node_is_counted_once_in_a_segment()
    {
        await using var cluster = await ClusterAsync("a", "b");
        foreach (var name in (string[])["a", "b", "a"])
        {
            for (var n = 0; n < 20; n++)
            {
                var reply = await cluster.Node(name).IngestAsync([new Touchpoint { CustomerId = $"m-{n}", Type = "view" }]);
                Assert.Equal(1, reply.Value!.Accepted);
                await cluster.Node(name).ReleaseAsync(cluster.Node(name).KeyOf($"m-{n}"));
            }
        }

        await cluster.AssertCleanAsync();
    }

    /// <summary>Where the end of a customer is in the log and the customer still in the store, another node would find both, and write on.</summary>
    [LogFact]
    public async Task a_customer_whom_another_node_loads_while_an_erasure_is_under_way_is_a_new_one_there()
    {
        await using var cluster = await NodesWithOwners.StartAsync(ClusterLife.Shop, "a", "b");
        for (var n = 0; n < 3; n++) await SendAsync("a", "view", $"v-{n}");
        await SendAsync("a", "purchase", "p-1");
        using var gate = new ManualResetEventSlim();
        var ended = cluster.Schema.Faults.StopBehind(gate, static facts => facts.Any(fact => fact is ErasureFact));

        var erasure = cluster.Node("a").EraseAsync("c-1").AsTask();
        await ended;
        for (var n = 3; n < 6; n++) await SendAsync("b", "view", $"v-{n}");
        await SendAsync("b", "purchase", "p-2");
        gate.Set();
        Assert.Null((await erasure).Refusal);

        await cluster.AssertCleanAsync();
        Assert.Equal(3, (await cluster.Node("b").ReadCustomerAsync("c-1")).Value!.Touchpoints.Single(touch => touch.Type == "view").Count);

        async Task SendAsync(string node, string type, string message) => Assert.Equal(1, (await cluster.Node(node).IngestAsync(
            [new Touchpoint { CustomerId = "c-1", Type = type, MessageId = message, ValueMicros = type == "purchase" ? 200_000_000 : null }])).Value!.Accepted);
    }

    private static Task<NodesWithOwners> ClusterAsync(params string[] nodes) => NodesWithOwners.StartAsync(Catalog, nodes);

    /// <summary>No limit of time ever passes.</summary>
    private sealed class NoTimers : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }
}
