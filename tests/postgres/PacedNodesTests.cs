using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Tests.Log;

/// <summary>
/// Flights under a price that several nodes share, stepped by one clock: sixty customers every twenty minutes, values spread evenly over five levels, money for a
/// fifth of them. To the owners such a step is a second.
/// </summary>
public sealed class PacedNodesTests
{
    private const int PerStep = 60, Steps = 144, Total = Steps * PerStep / 5;
    private const long StepMicros = 1_200_000_000;
    private static readonly DateTimeOffset Start = new(2026, 11, 21, 10, 0, 0, TimeSpan.Zero);

    private const string Catalog = """
        context: { q: double }
        policies:
          default: { goal: { on: click, within: 30m }, prior: { alpha: 500, beta: 9500 }, exploration: greedy }
        placements:
          p: { channel: web }
        campaigns:
          c:
            end: 2026-11-23T10:00:00Z
            budget: { total: 1728, settleOn: decision, pacing: true }
            offers:
              o:
                placements: [p]
                value: 1000
                cost: 1
                content: { title: a }
                contextWeights:
                  - { when: context.q > 0.2, weight: 50 }
                  - { when: context.q > 0.4, weight: 50 }
                  - { when: context.q > 0.6, weight: 50 }
                  - { when: context.q > 0.8, weight: 50 }
        """;

    private readonly SimulatedClock _clock = new(Start);
    private readonly Random _random = new(5);
    private int _customers;
    private int _spent;

    [LogFact]
    public async Task a_flight_spends_its_money_evenly_where_all_come_by_one_node_of_three()
    {
        await using var cluster = await StartAsync();

        var spent = await RunAsync(cluster, Steps, ("a", 100), ("b", 0), ("c", 0));

        AssertEven(spent);
        await cluster.AssertCleanAsync();
    }

    [LogFact]
    public async Task a_flight_is_spent_evenly_over_the_death_of_a_node_and_the_start_of_another()
    {
        await using var cluster = await StartAsync();

        List<int> spent = [.. await RunAsync(cluster, Steps / 4, ("a", 70), ("b", 20), ("c", 10))];
        await cluster.DieAsync("a");
        spent.AddRange(await RunAsync(cluster, 3, ("b", 70), ("c", 30)));
        await cluster.TakeOverAsync("a", by: "b");
        spent.AddRange(await RunAsync(cluster, (Steps / 4) - 3, ("b", 70), ("c", 30)));
        await cluster.StartAsync("d");
        spent.AddRange(await RunAsync(cluster, Steps / 2, ("b", 5), ("c", 5), ("d", 90)));

        // What the dead node held is with the others late: 96 to 97 %, and once 94.6 % on one busy core.
        AssertEven(spent, .93);
        await cluster.AssertCleanAsync();
    }

    private Task<NodesWithOwners> StartAsync() =>
        NodesWithOwners.StartAsync(Catalog, _clock, new OwnersTime(_clock), (_, options) => options with { Stepped = true }, "a", "b", "c");

    private static void AssertEven(List<int> spent, double least = .95)
    {
        // Each node finds its price anew, which takes some hundred opportunities and money.
        const int Found = Steps / 4;
        for (var step = Found; step < Steps; step += Steps / 8)
        {
            var share = (spent[step - 1] - spent[Found - 1]) / (double)(Total - spent[Found - 1]);
            Assert.InRange(share, ((step - Found) / (double)(Steps - Found)) - .15, ((step - Found) / (double)(Steps - Found)) + .15);
        }

        // The last of it lies on nodes with little traffic and comes back by halves, a second each, of which this flight has 144.
        Assert.InRange(spent[^1], Total * least, Total);
    }

    /// <summary>Lives through so many steps; what is spent after each, in whole units.</summary>
    private async Task<List<int>> RunAsync(NodesWithOwners cluster, int steps, params (string Node, int Percent)[] traffic)
    {
        var spent = new List<int>();
        for (var step = 0; step < steps; step++)
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, PerStep)
                .Select(_ => (Node: Of(traffic, _random.Next(100)), Customer: $"c-{_customers++}", Worth: _random.NextDouble())).ToList()
                .Select(asked => cluster.Node(asked.Node).DecideAsync(new DecisionRequest
                {
                    DecisionId = "d-" + asked.Customer,
                    CustomerId = asked.Customer,
                    Placements = [new PlacementRequest("p", 1, [])],
                    Context = [new Property("q", PropertyValue.Of(asked.Worth))],
                }).AsTask()));
            _spent += answers.Sum(answer => answer.Value!.Placements[0].Offers.Length);

            var until = _clock.NowMicros() + StepMicros;
            foreach (var (node, _) in traffic)
            {
                // Something to tell, so that also a node without traffic hears in every step what the owners say.
                await cluster.Node(node).IngestAsync([new Touchpoint { CustomerId = "of-" + node, Type = "view" }]);
                await cluster.Node(node).StepAsync(until);
            }

            spent.Add(_spent);
        }

        return spent;
    }

    private static string Of((string Node, int Percent)[] traffic, int percent)
    {
        foreach (var (node, share) in traffic)
        {
            if ((percent -= share) < 0) return node;
        }

        throw new ArgumentException("the shares come to less than 100", nameof(traffic));
    }

    /// <summary>A second for each step.</summary>
    private sealed class OwnersTime(TimeProvider clock) : TimeProvider
    {
        public override long TimestampFrequency => 1_000_000;

        public override long GetTimestamp() => clock.NowMicros() / (StepMicros / 1_000_000);
    }
}
