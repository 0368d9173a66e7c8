using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Port;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Tests.Log;

/// <summary>
/// Two nodes that both have the same customers in memory, as when a customer moves just then, end their windows at the same moment: each outcome is written once and
/// enters the model once, each hold is released once.
/// </summary>
public sealed class ExpiryOnTwoNodesTests
{
    private const int Customers = 60;

    /// <summary>What the budget is enough for.</summary>
    private const int Offers = 100;

    private const string Catalog = """
        catalog: { currency: EUR }
        policies:
          default: { goal: { on: click, within: 30m }, exploration: { kind: epsilonGreedy, epsilon: 0.5, floor: 0.1 } }
        placements:
          p: { channel: web, slots: 1 }
        campaigns:
          c:
            budget: { total: 37, settleOn: click, reserve: full }
            offers:
              a: { placements: [p], value: 100000, cost: 0.37, content: {} }
        """;

    private readonly SimulatedClock _clock = new(new DateTimeOffset(2026, 11, 21, 10, 0, 0, TimeSpan.Zero));
    private readonly Random _random = new(3);
    private readonly List<int> _decided = [];
    private long _decisions;
    private long _clicked;

    [LogFact]
    public async Task a_window_that_two_nodes_end_at_once_ends_once()
    {
        await using var nodes = await NodesWithOwners.StartAsync(Catalog, _clock, "a", "b");
        for (var round = 1; round <= 4; round++)
        {
            await DecideAsync(nodes, round);
            await EndAsync(nodes, round);

            var policy = (await nodes.Node("a").ReadPolicyAsync("p")).Value!;
            Assert.Equal(_decisions, policy.Observations);
            var total = (await nodes.Node("a").ReadCampaignAsync("c")).Value!.Total!;
            Assert.Equal((0, _clicked * 370_000), (total.ReservedMicros, total.SettledMicros));
        }

        // What was given back can be spent once.
        var open = 0;
        for (var n = 0; n < 5 * Offers; n++)
        {
            var answer = await nodes.Node(n % 2 == 0 ? "a" : "b").DecideAsync(Request($"last-{n}"));
            open += answer.Value!.Placements[0].Offers.Length;
        }

        Assert.InRange(open, 1, Offers - _clicked);
        await nodes.AssertCleanAsync();
    }

    /// <summary>Each is decided for by one node, and loaded by the other after it.</summary>
    private async Task DecideAsync(NodesWithOwners nodes, int round)
    {
        _decided.Clear();
        for (var n = 0; n < Customers; n++)
        {
            var (customer, first, second) = n % 2 == 0 ? ($"c-{n}", "a", "b") : ($"c-{n}", "b", "a");
            await nodes.Node(first).ReleaseAsync(nodes.Node(first).KeyOf(customer));
            await nodes.Node(second).ReleaseAsync(nodes.Node(second).KeyOf(customer));
            if ((await nodes.Node(first).DecideAsync(Request(customer, $"{customer}-{round}"))).Value!.Placements[0].Offers.Length > 0)
            {
                // The others came while the node was asking for money.
                _decided.Add(n);
            }

            if (n % 3 == 0) await nodes.Node(second).ReadCustomerAsync(customer);
            else await IngestAsync(nodes, second, Touch(customer, "view", $"v-{round}"));
        }

        Assert.True(_decided.Count > Customers / 3);
        _decisions += _decided.Count;
    }

    /// <summary>The windows run out on both nodes, while clicks come to both, twice each, and customers are let go.</summary>
    private async Task EndAsync(NodesWithOwners nodes, int round)
    {
        var before = _clock.NowMicros();
        var clicks = _decided.Where(_ => _random.Next(12) == 0).ToList();
        _clicked += clicks.Count;
        foreach (var n in clicks)
        {
            await Task.WhenAll(new[] { "a", "b" }.Select(node => IngestAsync(nodes, node, Touch($"c-{n}", "click", $"k-{round}") with { DecisionId = $"c-{n}-{round}", AtMicros = before })));
        }

        _clock.AdvanceTo(before + (31 * 60_000_000L));
        await Task.WhenAll(Enumerable.Range(0, Customers).Where(_ => _random.Next(3) == 0).Select(async n =>
        {
            var node = nodes.Node(n % 4 < 2 ? "a" : "b");
            await node.ReleaseAsync(node.KeyOf($"c-{n}"));
            await IngestAsync(nodes, n % 4 < 2 ? "b" : "a", Touch($"c-{n}", "view", $"w-{round}"));
        }));

        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while ((await nodes.Node("a").ReadCampaignAsync("c", limit.Token)).Value!.Total!.ReservedMicros > 0) await Task.Delay(5, limit.Token);
        await nodes.FoldedAsync();
        await nodes.Node("b").FoldedAsync(limit.Token);
        while ((await nodes.Node("a").ReadPolicyAsync("p", limit.Token)).Value!.Observations < _decisions) await Task.Delay(5, limit.Token);
    }

    /// <summary>Of a customer who was written for elsewhere at the same moment a node knows nothing yet, and says so: asked again.</summary>
    private static async Task IngestAsync(NodesWithOwners nodes, string node, Touchpoint touchpoint)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (await nodes.Node(node).IngestAsync([touchpoint], limit.Token) is { Refusal: { } refusal })
        {
            Assert.Equal(RefusalKind.Unavailable, refusal.Kind);
            await Task.Delay(1, limit.Token);
        }
    }

    private static Touchpoint Touch(string customer, string type, string message) => new() { CustomerId = customer, Type = type, MessageId = message };

    private static DecisionRequest Request(string customer, string? id = null) =>
        new() { DecisionId = id ?? customer, CustomerId = customer, Placements = [new PlacementRequest("p", 1, [])] };
}
