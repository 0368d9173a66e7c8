using System.Text.Json;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Catalog;
using PmOrleans.Node.Engine;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Tests.Log;

/// <summary>What some customers do over days, on any of some nodes.</summary>
internal sealed class ClusterLife(int seed)
{
    public const int Customers = 12;

    public const string Shop = """
        catalog: { currency: EUR, capHold: 15m }
        attributes:
          tier: { type: string }
        metrics:
          views7d: count(view) over 7d
          spend30d: sum(purchase.value) over 30d
          latest: last(view.sku) over 60d
        segments:
          curious: metrics.views7d > 1
          spender: { rule: metrics.spend30d > 100.0, sums: [metrics.spend30d, counts.purchase] }
        policies:
          default: { goal: { on: click, within: 30m }, exploration: { kind: epsilonGreedy, epsilon: 0.5, floor: 0.1 } }
        placements:
          p: { channel: web, slots: 2, fallback: { offer: f, content: {} } }
        suppression: [ { on: dismiss, per: campaign, pause: 1h } ]
        experiments:
          e: { share: 0.8, variants: { x: { weight: 0.5 }, y: { weight: 0.5, without: [b] } } }
        campaigns:
          c:
            budget: { total: 900, daily: 40, settleOn: click, reserve: full }
            caps: [ { event: impression, limit: 3, within: 2d, per: campaign }, { event: decision, limit: 9, within: 1d, per: offer } ]
            offers:
              a: { placements: [p], value: 1000, cost: 0.37, content: {} }
              b: { placements: [p], value: 1000, cost: 0.37, content: {} }
        """;

    public static readonly string Changed = Shop
        .Replace("limit: 3, within: 2d", "limit: 4, within: 3d", StringComparison.Ordinal)
        .Replace("latest: last(view.sku) over 60d", "buys400d: count(purchase) over 400d", StringComparison.Ordinal);

    private static readonly DateTimeOffset Start = new(2026, 11, 1, 10, 0, 0, TimeSpan.Zero);
    private static readonly JsonSerializerOptions Plain = new()
    {
        IncludeFields = true, NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    private readonly Random _random = new(seed);
    private int _requests;

    public SimulatedClock Clock { get; } = new(Start);

    /// <summary>Requests over days, each on any of the nodes: customers move, and their records lie in several logs.</summary>
    public async Task LiveAsync(NodesWithOwners cluster, int requests, params string[] nodes)
    {
        for (var i = 0; i < requests; i++)
        {
            var node = cluster.Node(nodes[_random.Next(nodes.Length)]);
            var customer = await StepAsync(node);
            await node.ReleaseAsync(node.KeyOf(customer));
        }
    }

    public async Task<string> StepAsync(Port.IDecisionNode node)
    {
        Clock.AdvanceTo(Clock.NowMicros() + (long)(TimeSpan.FromMinutes(50) * _random.NextDouble()).TotalMicroseconds);
        var (customer, id) = ($"c-{_random.Next(Customers)}", $"{_requests++}");
        switch (_random.Next(7))
        {
            case < 3:
                Assert.Null((await node.DecideAsync(new DecisionRequest { DecisionId = "d-" + id, CustomerId = customer, Placements = [new PlacementRequest("p", 2, [])] })).Refusal);
                await SendAsync(_random.Next(4) == 0 ? "dismiss" : "impression", "i-" + id);
                if (_random.Next(2) == 0) await SendAsync("click", "k-" + id);
                break;
            case 3:
                await SendAsync("purchase", "p-" + id, _random.Next(1, 400) * 250_000L);
                break;
            default:
                await SendAsync("view", "v-" + id);
                break;
        }

        return customer;

        async Task SendAsync(string type, string message, long? value = null) => Assert.Equal(1, (await node.IngestAsync([new Touchpoint
        {
            CustomerId = customer,
            Type = type,
            MessageId = message,
            DecisionId = type is "view" or "purchase" ? null : "d-" + id,
            ValueMicros = value,
            Properties = type == "view" ? [new Property("sku", PropertyValue.Of($"s-{_random.Next(9)}"))] : [],
        }])).Value!.Accepted);
    }

    /// <summary>What time has ended is told with the next touchpoint at the latest: then nothing is left that a loop might come to sooner or later.</summary>
    public async Task EndWindowsAsync(Port.IDecisionNode node)
    {
        Clock.AdvanceTo(Clock.NowMicros() + (long)TimeSpan.FromHours(3).TotalMicroseconds);
        for (var i = 0; i < Customers; i++)
        {
            Assert.Equal(1, (await node.IngestAsync([new Touchpoint { CustomerId = $"c-{i}", Type = "view", MessageId = $"end-{i}-{Clock.NowMicros()}" }])).Value!.Accepted);
            if (node is NodeEngine engine) await engine.ReleaseAsync(engine.KeyOf($"c-{i}"));
        }
    }

    /// <summary>All that a node tells of its customers and of what is counted.</summary>
    public static async Task<string> DescribeAsync(Port.IDecisionNode node)
    {
        var lines = new List<string>();
        for (var i = 0; i < Customers; i++)
        {
            // What time has woken here may have been written elsewhere since.
            if (node is NodeEngine engine) await engine.ReleaseAsync(engine.KeyOf($"c-{i}"));
            lines.Add(JsonSerializer.Serialize((await node.ReadCustomerAsync($"c-{i}")).Value, Plain));
        }

        if (node is NodeEngine shared) await shared.FoldedAsync();
        lines.AddRange((await node.ReadCampaignsAsync()).Value!.Select(view => JsonSerializer.Serialize(view.Offers, Plain)));
        lines.AddRange((await node.ReadExperimentsAsync()).Value!.Select(view => JsonSerializer.Serialize(view with { Watermark = 0 }, Plain)));
        return string.Join('\n', lines);
    }

    public static ReadOnlyMemory<byte> Bundle(string yaml)
    {
        var bag = new DiagnosticBag();
        return CatalogBundle.Of([new CatalogFile("a.yaml", yaml)], bag)?.Bytes ?? throw new InvalidOperationException(string.Join('\n', bag.ToList()));
    }
}
