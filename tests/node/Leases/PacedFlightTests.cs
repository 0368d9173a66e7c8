using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Embedded;
using PmOrleans.Node.Tests.Embedded;
using static PmOrleans.Node.Tests.Embedded.AttackFolder;

namespace PmOrleans.Node.Tests.Leases;

/// <summary>
/// Flights under a price, on a stepped node: 30 customers every ten minutes, values spread evenly over five levels, money for a fifth of them. What is served is
/// settled with one chance in twenty where a click settles. Seeds are fixed, so each run is the same.
/// </summary>
public sealed class PacedFlightTests
{
    private const int PerTick = 30;
    private static readonly TimeSpan Tick = TimeSpan.FromMinutes(10);

    private readonly Random _random = new(5);
    private int _customers;

    [Theory]
    [InlineData("settleOn: decision", "click", 1, .98)]
    [InlineData("settleOn: click, reserve: expected", "click", .05, .97)]
    // What is set aside in full for clicks that never come is missing at the end.
    [InlineData("settleOn: click, reserve: full", "click", .05, .85)]
    // Nothing says how likely the event is that settles.
    [InlineData("settleOn: impression, reserve: full", "impression", .2, .95)]
    [InlineData("settleOn: click, reserve: expected", "click on the way to a purchase", .05, .9)]
    // As long as the flight: what was set aside is still there when it ends, if nothing says that it was in vain.
    [InlineData("settleOn: click, reserve: expected", "click", .05, .95, "2d")]
    public async Task a_flight_spends_its_money_and_not_before_its_end(string settled, string what, double chance, double least, string within = "30m")
    {
        using var folder = new AttackFolder();
        var goal = what.EndsWith("purchase", StringComparison.Ordinal) ? "purchase" : "click";
        await using var node = await OpenAsync(folder, Flight("end: 2026-11-23T10:00:00Z", $"total: 1728, {settled}", goal, cost: chance == 1 ? 1 : (int)Math.Round(1 / chance), within));
        var serve = new Serving(what.Split(' ')[0], settled.Contains("decision", StringComparison.Ordinal) ? 0 : chance);

        var spent = await RunAsync(node, folder, TimeSpan.FromDays(2), serve);

        Assert.InRange(spent[3], 0, 1728 * .75);
        Assert.InRange(spent[^1], 1728 * least, 1728);
    }

    [Fact]
    public async Task a_campaign_that_is_published_before_it_starts_is_paced_from_its_start()
    {
        using var folder = new AttackFolder();
        await using var node = await OpenAsync(folder, Flight("start: 2026-11-23T10:00:00Z\n    end: 2026-11-24T10:00:00Z", "total: 864"));
        Assert.Equal(0, (await RunAsync(node, folder, TimeSpan.FromDays(2)))[^1]);

        var spent = await RunAsync(node, folder, TimeSpan.FromDays(1));

        Assert.InRange(spent[0], 1, 864 * .5);
        Assert.InRange(spent[^1], 864 * .98, 864);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task a_pause_teaches_nothing_about_the_traffic(bool byOperator)
    {
        using var folder = new AttackFolder();
        const string End = "end: 2026-11-24T10:00:00Z";
        await using var node = await OpenAsync(folder, Flight(End, "total: 2592"));
        await RunAsync(node, folder, TimeSpan.FromDays(1));
        await PauseAsync(true);
        var before = (await RunAsync(node, folder, TimeSpan.FromDays(1)))[^1];
        await PauseAsync(false);

        var spent = await RunAsync(node, folder, TimeSpan.FromDays(1));

        // A quarter of the day for about a quarter of what was left.
        Assert.InRange((spent[0] - before) / (2592.0 - before), .15, .35);
        Assert.InRange(spent[^1], 2592 * .98, 2592);

        async Task PauseAsync(bool paused)
        {
            if (byOperator)
            {
                Assert.Null((await node.SetPausedAsync("c", paused)).Refusal);
            }
            else
            {
                await PublishAsync(node, Flight(paused ? $"{End}\n    paused: true" : End, "total: 2592"));
            }
        }
    }

    [Fact]
    public async Task a_total_budget_lasts_for_the_flight_also_where_each_day_may_have_more()
    {
        using var folder = new AttackFolder();
        await using var node = await OpenAsync(folder, Flight("end: 2026-11-25T10:00:00Z", "total: 1728, daily: 864"));

        var spent = await RunAsync(node, folder, TimeSpan.FromDays(4));

        Assert.InRange(spent[7], 1728 * .4, 1728 * .65);
        Assert.InRange(spent[^1], 1728 * .95, 1728);
    }

    [Fact]
    public async Task a_daily_budget_is_spent_each_day_also_where_clicks_may_come_for_a_day()
    {
        using var folder = new AttackFolder();
        await using var node = await OpenAsync(folder, Flight("zone: UTC\n    start: 2026-11-22T00:00:00Z\n    end: 2026-11-24T00:00:00Z", "daily: 864, settleOn: click, reserve: expected", cost: 20, within: "1d"));
        folder.Pass(TimeSpan.FromHours(14));
        await node.StepAsync(folder.Now);

        var spent = await RunAsync(node, folder, TimeSpan.FromDays(2), new Serving("click", .05));

        Assert.InRange(spent[3], 864 * .9, 864);
        Assert.InRange(spent[^1] - spent[3], 864 * .9, 864);
    }

    [Fact]
    public async Task a_budget_that_is_raised_or_cut_in_mid_flight_is_spread_over_what_is_left_of_it()
    {
        using var folder = new AttackFolder();
        const string End = "end: 2026-11-24T10:00:00Z";
        await using var node = await OpenAsync(folder, Flight(End, "total: 1296"));
        var first = await RunAsync(node, folder, TimeSpan.FromDays(1));
        await PublishAsync(node, Flight(End, "total: 3888"));
        var second = await RunAsync(node, folder, TimeSpan.FromDays(1));
        await PublishAsync(node, Flight(End, "total: 2592"));

        var third = await RunAsync(node, folder, TimeSpan.FromDays(1));

        Assert.InRange(first[^1], 1296 * .25, 1296 * .6);
        Assert.InRange(second[^1] - first[^1], (3888 - first[^1]) * .4, (3888 - first[^1]) * .65);
        Assert.InRange(third[^1], 2592 * .98, 2592);
    }

    private static Task<EmbeddedNode> OpenAsync(AttackFolder folder, string yaml) => folder.OpenAsync(yaml, options => options with { Stepped = true });

    private static string Flight(string flight, string budget, string goal = "click", int cost = 1, string within = "30m") => $$"""
        context: { q: double }
        policies:
          default: { goal: { on: {{goal}}, within: {{within}} }, prior: { alpha: 500, beta: 9500 }, exploration: greedy }
        placements:
          p: { channel: web }
        campaigns:
          c:
            {{flight}}
            budget: { {{budget}}, pacing: true }
            offers:
              o:
                placements: [p]
                value: 1000
                cost: {{cost}}
                content: { title: a }
                contextWeights:
                  - { when: context.q > 0.2, weight: 50 }
                  - { when: context.q > 0.4, weight: 50 }
                  - { when: context.q > 0.6, weight: 50 }
                  - { when: context.q > 0.8, weight: 50 }
        """;

    /// <summary>Lives through a time; what is spent after each quarter of a day, in whole units.</summary>
    private async Task<List<long>> RunAsync(EmbeddedNode node, AttackFolder folder, TimeSpan time, Serving? serving = null)
    {
        var spent = new List<long>();
        var from = folder.Now;
        while (folder.Now - from < time.Ticks / 10)
        {
            for (var i = 0; i < PerTick; i++)
            {
                var customer = $"c-{_customers++}";
                var reply = await node.DecideAsync(
                    Request(customer, "d-" + customer) with { Context = [new Property("q", PropertyValue.Of(_random.NextDouble()))] });
                if (Offers(reply).Length > 0 && serving is { } told && _random.NextDouble() < told.Chance)
                {
                    await SendAsync(node, Event(customer, told.Event, "m", "d-" + customer, "o"));
                }
            }

            folder.Pass(Tick);
            await node.StepAsync(folder.Now);
            if ((folder.Now - from) % (TimeSpan.FromHours(6).Ticks / 10) == 0)
            {
                spent.Add((await node.ReadCampaignAsync("c")).Value!.Offers.Sum(offer => offer.SettledMicros) / 1_000_000);
            }
        }

        return spent;
    }

    /// <param name="Event">What comes of an offer served.</param>
    /// <param name="Chance">How likely.</param>
    private readonly record struct Serving(string Event, double Chance);
}
