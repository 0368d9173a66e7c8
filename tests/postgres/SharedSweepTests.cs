using System.Collections.Concurrent;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Engine;
using PmOrleans.Node.Refolding;

namespace PmOrleans.Node.Tests.Log;

/// <summary>A pass after a publish that several nodes share: each customer is visited by one of them, whoever dies or joins, and nobody is left out.</summary>
public sealed class SharedSweepTests
{
    private const int Customers = 200;

    private const string Plain = """
        catalog: { currency: EUR }
        metrics:
          views7d: count(view) over 7d
        policies:
          default: { goal: { on: click, within: 30m }, exploration: { kind: epsilonGreedy, epsilon: 0.5, floor: 0.1 } }
        placements:
          p: { channel: web, slots: 1, fallback: { offer: f, content: {} } }
        campaigns:
          c: { offers: { a: { placements: [p], value: 10, content: {} } } }
        """;

    private const string Keen = Plain + "\nsegments:\n  keen: { rule: metrics.views7d >= 2 }\n";

    [LogFact]
    public async Task each_customer_is_visited_by_one_node_and_everybody_is_brought_up_to_date()
    {
        await using var nodes = await FilledAsync(perSecond: 50);

        // Nobody has anything to say about this one: everybody is read, folded and saved.
        await nodes.PublishAsync("a", Plain.Replace("over 7d", "over 8d", StringComparison.Ordinal));
        await nodes.FollowUntilAsync(() => nodes.Living.All(node => node.Refolding.IsDone));
        Assert.Equal((Customers, Customers), (nodes.Living.Sum(node => node.Refolding.Visited), nodes.Living.Sum(node => node.Refolding.Refolded)));
        Assert.All(nodes.Living, node => Assert.InRange(node.Refolding.Visited, 1, Customers));

        // And everybody about this one.
        await nodes.PublishAsync("b", Keen.Replace("over 7d", "over 8d", StringComparison.Ordinal));
        await nodes.FollowUntilAsync(() => nodes.Living.All(node => node.Refolding.IsDone));
        Assert.Equal(Customers, nodes.Living.Sum(node => node.Refolding.Visited));
        await AssertAllAreKeenAsync(nodes);
        await nodes.AssertCleanAsync();
    }

    [LogFact]
    public async Task what_a_node_that_dies_had_not_done_the_others_do_and_one_that_joins_helps()
    {
        await using var nodes = await FilledAsync(perSecond: 5);
        await nodes.PublishAsync("a", Keen);
        await nodes.FollowUntilAsync(() => nodes.Node("a").Refolding.Visited > 0);

        await nodes.DieAsync("a");
        nodes.Configure = Paced(int.MaxValue);
        await nodes.StartAsync("d");
        await nodes.FollowUntilAsync(() => nodes.Living.All(node => node.Refolding.IsDone));

        await AssertAllAreKeenAsync(nodes);
        Assert.True(nodes.Node("d").Refolding.Visited > 0);
        await nodes.AssertCleanAsync();
    }

    [LogFact]
    public async Task a_pass_goes_on_where_it_was_when_all_nodes_were_stopped()
    {
        await using var nodes = await FilledAsync(perSecond: int.MaxValue);
        var visits = 0;
        nodes.MayVisit = _ => new(Interlocked.Increment(ref visits) <= Customers / 2);
        await nodes.PublishAsync("a", Keen);
        await nodes.FollowUntilAsync(() => nodes.Living.Any(node => node.Refolding.Percent > 10));

        // However long they take to stop, half of the customers are left.
        await nodes.StopAsync("a", "b", "c");
        nodes.MayVisit = static _ => new(true);
        await nodes.StartAsync("b");
        await nodes.FollowUntilAsync(() => nodes.Node("b").Refolding.IsDone);

        await AssertAllAreKeenAsync(nodes);
        Assert.InRange(nodes.Node("b").Refolding.Visited, 1, Customers - 1);
        await nodes.AssertCleanAsync();
    }

    [LogFact]
    public async Task of_the_same_definitions_before_and_after_others_nobody_is_left_out_also_where_a_node_saw_no_others()
    {
        await using var nodes = await FilledAsync(perSecond: int.MaxValue);
        await nodes.PublishAsync("a", Keen);
        await nodes.FollowUntilAsync(() => nodes.Living.All(node => node.Refolding.IsDone));

        // Only this node has heard of it, and of somebody who is in no segment of it.
        await nodes.PublishAsync("a", Plain);
        await ViewTwiceAsync(nodes.Node("a"), "late");
        await nodes.PublishAsync("a", Keen);
        await nodes.FollowUntilAsync(() => nodes.Living.All(node => node.Refolding.IsDone));

        Assert.True(await IsKeenAsync(nodes.Node("b"), "late"));
        await AssertAllAreKeenAsync(nodes);
        await nodes.AssertCleanAsync();
    }

    [LogFact]
    public async Task a_version_with_the_same_definitions_begins_no_pass_on_any_node()
    {
        await using var nodes = await FilledAsync(perSecond: int.MaxValue);
        await nodes.PublishAsync("a", Keen);
        await nodes.FollowUntilAsync(() => nodes.Living.All(node => node.Refolding.IsDone));
        var pass = PassOf(nodes);

        await nodes.PublishAsync("a", Keen.Replace("value: 10", "value: 11", StringComparison.Ordinal));
        await nodes.PublishAsync("a", Keen.Replace("value: 10", "value: 12", StringComparison.Ordinal));
        await nodes.FollowUntilAsync(() => nodes.Living.All(node => node.Refolding.IsDone));

        Assert.Equal(pass, PassOf(nodes));
    }

    [LogFact]
    public async Task who_is_refused_is_asked_again_until_it_is_done()
    {
        await using var nodes = await FilledAsync(perSecond: int.MaxValue);
        var asked = new ConcurrentDictionary<UInt128, int>();
        nodes.MayVisit = idHash => asked.AddOrUpdate(idHash, 1, static (_, times) => times + 1) > 2 ? new(true) : new(false);

        await nodes.PublishAsync("a", Keen);
        await nodes.FollowUntilAsync(() => nodes.Living.All(node => node.Refolding.IsDone));

        Assert.All(asked.Values, times => Assert.Equal(3, times));
        await AssertAllAreKeenAsync(nodes);
        await nodes.AssertCleanAsync();
    }

    [LogFact]
    public async Task nobody_is_visited_before_all_nodes_decide_by_the_new_definitions()
    {
        await using var nodes = await FilledAsync(perSecond: int.MaxValue);
        await ViewAsync(nodes.Node("b"), "half", "m-1");
        await nodes.PublishAsync("a", Keen);
        await UntilAsync(() => nodes.Store.ReaderOf("a").GetValue(SharedRefoldMarks.DecidesKey) is not null && PassOf(nodes) > 0 && nodes.Node("a").CatalogVersion == 2);

        // This node has not heard of the segment: what it writes says nothing of it.
        await ViewAsync(nodes.Node("b"), "half", "m-2");
        Assert.False(await IsKeenAsync(nodes.Node("b"), "half"));
        await nodes.FollowUntilAsync(() => nodes.Living.All(node => node.Refolding.IsDone));

        Assert.True(await IsKeenAsync(nodes.Node("a"), "half"));
        await nodes.AssertCleanAsync();
    }

    private static int PassOf(NodesWithOwners nodes) => SweepMark.Read(nodes.Store.ReaderOf("a").GetValue(SharedRefoldMarks.Key))?.Pass ?? 0;

    private static Func<string, NodeEngineOptions, NodeEngineOptions> Paced(int perSecond) => (_, options) => options with { RefoldsPerSecond = perSecond, RefoldThreads = 1 };

    /// <summary>Three nodes and a store of customers who sleep, of whom everybody has seen two things.</summary>
    private static async Task<NodesWithOwners> FilledAsync(int perSecond)
    {
        var nodes = await NodesWithOwners.StartAsync(Plain, "a", "b", "c");
        var all = nodes.Living.ToList();
        await Task.WhenAll(Enumerable.Range(0, Customers).Select(n => ViewTwiceAsync(all[n % all.Count], $"c-{n}")));
        await nodes.FollowUntilAsync(() => nodes.Living.All(node => node.Refolding.IsDone));
        await nodes.StopAsync("a", "b", "c");
        nodes.Configure = Paced(perSecond);
        foreach (var name in (string[])["a", "b", "c"]) await nodes.StartAsync(name);
        await nodes.FollowUntilAsync(() => nodes.Living.All(node => node.Refolding.IsDone));
        return nodes;
    }

    private static async Task ViewTwiceAsync(NodeEngine node, string customer)
    {
        await ViewAsync(node, customer, "m-1");
        await ViewAsync(node, customer, "m-2");
    }

    private static async Task ViewAsync(NodeEngine node, string customer, string message)
    {
        var reply = await node.IngestAsync([new Touchpoint { CustomerId = customer, Type = "view", MessageId = message }]);
        Assert.Equal(1, reply.Value!.Accepted);
    }

    private static async Task AssertAllAreKeenAsync(NodesWithOwners nodes)
    {
        var node = nodes.Living.First();
        for (var n = 0; n < Customers; n++) Assert.True(await IsKeenAsync(node, $"c-{n}"), $"c-{n} was left out");
    }

    /// <summary>As the log has it, whoever would work it out by looking.</summary>
    private static async Task<bool> IsKeenAsync(NodeEngine node, string customer) =>
        (await node.ReadFactsAsync(customer, 0, 1_000)).Value!.Facts.Any(fact => fact.Kind == "segmentChange");

    private static async Task UntilAsync(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (!holds()) await Task.Delay(10, limit.Token);
    }
}
