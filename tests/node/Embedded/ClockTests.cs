using PmOrleans.Decisioning.Decisions;
using PmOrleans.Node.Embedded;
using PmOrleans.Node.Port;
using static PmOrleans.Node.Tests.Embedded.AttackFolder;

namespace PmOrleans.Node.Tests.Embedded;

/// <summary>The system's clock is set back, or forward and back again, while a node runs and between two runs.</summary>
public sealed class ClockTests
{
    private const int PerDay = 20;
    private const long Cost = 370_000;
    private static readonly string Daily = AttackCatalogs.Budgeted("daily: 7.4, settleOn: decision");

    private readonly SetClock _clock = new(AttackFolder.Start);

    [Theory]
    [InlineData(1)]
    [InlineData(60)]
    [InlineData(3600)]
    [InlineData(86_400)]
    public async Task a_clock_that_goes_back_opens_no_cap_and_no_customers_time_goes_back_with_it(int seconds)
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(AttackCatalogs.Capped("decision", 2, "1h"), clock: _clock))
        {
            Assert.Single(Offers(await node.DecideAsync(Request("c-1"))));
            Assert.Single(Offers(await node.DecideAsync(Request("c-1"))));

            _clock.Now -= TimeSpan.FromSeconds(seconds);
            Assert.Empty(Offers(await node.DecideAsync(Request("c-1"))));
            Assert.Single(Offers(await node.DecideAsync(Request("c-2"))));
        }

        await using (var node = await folder.OpenAsync(clock: _clock))
        {
            Assert.Empty(Offers(await node.DecideAsync(Request("c-1"))));
            _clock.Now = AttackFolder.Start + TimeSpan.FromMinutes(59);
            Assert.Empty(Offers(await node.DecideAsync(Request("c-1"))));
            _clock.Now = AttackFolder.Start + TimeSpan.FromMinutes(61);
            Assert.Single(Offers(await node.DecideAsync(Request("c-1"))));

            var times = (await node.ReadFactsAsync("c-1", 0, 100)).Value!.Facts.Select(fact => fact.ReceivedAtMicros).ToList();
            Assert.Equal(times.Order(), times);
        }

        await folder.AssertCleanAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task who_was_there_before_the_clock_went_back_over_midnight_spends_the_later_days_money(bool restarts)
    {
        using var folder = new AttackFolder();
        var evening = AttackFolder.Start.Date.AddHours(23.5);
        _clock.Now = new DateTimeOffset(evening, TimeSpan.Zero);
        var node = await folder.OpenAsync(Daily, clock: _clock);
        try
        {
            _clock.Now += TimeSpan.FromHours(1);
            Assert.Single(Offers(await node.DecideAsync(Request("ahead"))));

            _clock.Now -= TimeSpan.FromHours(1);
            if (restarts)
            {
                await node.DisposeAsync();
                node = await folder.OpenAsync(clock: _clock);
            }

            Assert.Equal(PerDay - 1, await DrainAsync(node, "ahead"));
            Assert.Equal(PerDay, await Demand.DrainAsync(node));

            _clock.Now += TimeSpan.FromHours(1);
            Assert.Equal(0, await Demand.DrainAsync(node));
            Assert.Equal(PerDay * Cost, (await node.ReadCampaignAsync("c")).Value!.Today!.SettledMicros);
        }
        finally
        {
            await node.DisposeAsync();
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task a_day_whose_money_was_spent_while_the_clock_was_ahead_has_none_when_it_comes()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(Daily, clock: _clock))
        {
            Assert.Equal(PerDay, await Demand.DrainAsync(node));
            _clock.Now += TimeSpan.FromDays(1);
            Assert.Equal(PerDay, await Demand.DrainAsync(node));
            _clock.Now -= TimeSpan.FromDays(1);
            Assert.Equal(0, await Demand.DrainAsync(node));
        }

        await using (var node = await folder.OpenAsync(clock: _clock))
        {
            Assert.Empty(node.NotReadyReasons);
            Assert.Equal(0, await Demand.DrainAsync(node));
            _clock.Now += TimeSpan.FromDays(1);
            Assert.Equal(0, await Demand.DrainAsync(node));
            _clock.Now += TimeSpan.FromDays(1);
            Assert.Equal(PerDay, await Demand.DrainAsync(node));
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task windows_that_are_open_when_the_clock_goes_back_end_once_and_what_comes_in_them_counts()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(AttackCatalogs.Budgeted("total: 74, settleOn: click, reserve: full"), clock: _clock))
        {
            Assert.Single(Offers(await node.DecideAsync(Request("clicks", "d-1"))));
            Assert.Single(Offers(await node.DecideAsync(Request("ignores", "d-2"))));
            _clock.Now -= TimeSpan.FromHours(1);
            await SendAsync(node, Event("clicks", "click", "m-1", "d-1"));
            Assert.Equal(1, (await SendAsync(node, Event("clicks", "click", "m-1", "d-1"))).Duplicates);
            Assert.Single(Offers(await node.DecideAsync(Request("later", "d-3"))));
        }

        await using (var node = await folder.OpenAsync(clock: _clock))
        {
            Assert.Equal(1, (await OutcomesAsync(node, "d-1")).Sum(outcome => outcome.Reward ?? 0));

            // Half an hour after each decision by the clock that it was made by.
            _clock.Now += TimeSpan.FromMinutes(31);
            await UntilAsync(async () => (await OutcomesAsync(node, "d-3")).Count == 1);
            Assert.Empty(await OutcomesAsync(node, "d-2"));
            _clock.Now += TimeSpan.FromHours(1);
            await UntilAsync(async () => (await OutcomesAsync(node, "d-2")).Count == 1);
            var total = (await node.ReadCampaignAsync("c")).Value!.Total!;
            Assert.Equal((Cost, 0), (total.SettledMicros, total.ReservedMicros));
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task an_erasure_by_a_clock_that_went_back_lets_nothing_in_that_an_earlier_one_kept_out()
    {
        using var folder = new AttackFolder();
        await using var node = await folder.OpenAsync(AttackCatalogs.Plain, clock: _clock);
        var view = Event("c-1", "view", at: Time.Micros.From(_clock.Now - TimeSpan.FromMinutes(10)));
        await SendAsync(node, view);
        var erased = (await node.EraseAsync("c-1")).Value!.AtMicros;

        _clock.Now -= TimeSpan.FromHours(1);
        Assert.Equal(1, (await SendAsync(node, Event("c-1", "view"))).Accepted);
        Assert.True((await node.EraseAsync("c-1")).Value!.AtMicros >= erased);

        _clock.Now += TimeSpan.FromHours(2);
        Assert.Single((await SendAsync(node, view)).Rejected);
        Assert.Equal(RefusalKind.NotFound, (await node.ReadCustomerAsync("c-1")).Refusal!.Kind);
    }

    [Fact]
    public async Task a_budget_that_was_published_before_the_clock_went_back_over_the_publish_is_recounted_by_it()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(AttackCatalogs.Budgeted("total: 74, settleOn: decision"), clock: _clock))
        {
            Assert.Equal(200, await Demand.DrainAsync(node));
            _clock.Now += TimeSpan.FromHours(1);
            await PublishAsync(node, AttackCatalogs.Budgeted("total: 222, settleOn: decision"));
            _clock.Now -= TimeSpan.FromMinutes(30);
            Assert.Equal(400, await Demand.DrainAsync(node));
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task a_simulated_clock_goes_on_where_the_log_ends()
    {
        using var folder = new AttackFolder();
        var clock = new Time.SimulatedClock(AttackFolder.Start);
        await using (var node = await folder.OpenAsync(AttackCatalogs.Capped("decision", 1, "1h"), clock: clock))
        {
            clock.AdvanceTo(Time.Micros.From(AttackFolder.Start + TimeSpan.FromHours(3)));
            Assert.Single(Offers(await node.DecideAsync(Request("c-1"))));
        }

        var again = new Time.SimulatedClock(DateTimeOffset.UnixEpoch);
        await using (var node = await folder.OpenAsync(clock: again))
        {
            Assert.Equal(clock.GetUtcNow(), again.GetUtcNow());
        }
    }

    private static async Task<int> DrainAsync(EmbeddedNode node, string customer)
    {
        var served = 0;
        await UntilAsync(async () =>
        {
            var offers = Offers(await node.DecideAsync(Request(customer))).Length;
            served += offers;
            return offers == 0 && (await node.DecideAsync(Request(customer) with { DryRun = true, Explain = true })).Value!
                .Placements[0].Candidates!.All(candidate => candidate.Reason == RemovalReason.BudgetExhausted);
        });
        return served;
    }

    private static async Task<IReadOnlyList<OutcomeView>> OutcomesAsync(EmbeddedNode node, string decision) => (await node.ReadDecisionAsync(decision)).Value!.Outcomes;
}
