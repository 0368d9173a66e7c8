using PmOrleans.Node.Embedded;
using PmOrleans.Node.Port;
using PmOrleans.Node.Tests.Log;
using static PmOrleans.Node.Tests.Embedded.AttackFolder;

namespace PmOrleans.Node.Tests.Embedded;

/// <summary>P2: budgets are never overspent, and at full demand all but a hundredth is spent.</summary>
public sealed class BudgetAttackTests
{
    private const long Cost = 370_000;

    [Theory]
    [InlineData("total: 74, settleOn: decision", 74_000_000)]
    [InlineData("daily: 74, settleOn: decision", 74_000_000)]
    [InlineData("total: 500, daily: 74, settleOn: decision, reserve: full", 74_000_000)]
    [InlineData("total: 74, daily: 500, settleOn: impression, reserve: full", 74_000_000)]
    [InlineData("total: 74, settleOn: click, reserve: full", 74_000_000)]
    [InlineData("total: 74, daily: 60, settleOn: click, reserve: expected", 60_000_000)]
    [InlineData("daily: 74, settleOn: conversion, reserve: expected", 74_000_000)]
    public async Task at_full_demand_nearly_all_is_spent_and_never_a_micro_more(string budget, long mayMicros)
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(AttackCatalogs.Budgeted(budget)))
        {
            // The lease is refilled beside the traffic: demand goes on until nearly all is spent, and once more.
            var round = 0;
            await UntilAsync(async () =>
            {
                await RoundAsync();
                return Spent(await ViewAsync(node)) >= mayMicros * 99 / 100;
            });
            await RoundAsync();

            async Task RoundAsync()
            {
                var name = $"c-{round++}";
                await Task.WhenAll(Enumerable.Range(0, 60).Select(i => Task.Run(() => ServeAndSettleAsync(node, $"{name}-{i}"))));
                Check(await ViewAsync(node), mayMicros);
            }
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task a_restart_frees_what_was_leased_and_a_new_day_begins_a_new_budget()
    {
        using var folder = new AttackFolder();
        var served = 0;
        for (var round = 0; round < 8; round++)
        {
            await using var node = await folder.OpenAsync(round == 0 ? AttackCatalogs.Budgeted("total: 370, daily: 74, settleOn: decision") : null);
            for (var i = 0; i < 10; i++)
            {
                served += Offers(await node.DecideAsync(Request($"c-{round}-{i}", count: 2))).Length;
            }

            Check(await ViewAsync(node), 370_000_000);
        }

        Assert.Equal(160, served);
        await using (var node = await folder.OpenAsync())
        {
            Assert.Equal(40, await Demand.DrainAsync(node));
            folder.Pass(TimeSpan.FromHours(14));
            Assert.Equal(200, await Demand.DrainAsync(node));
            Assert.Equal(400 * Cost, (await ViewAsync(node)).Total!.SettledMicros);
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task a_budget_cut_by_a_publish_holds_at_once_and_a_raise_is_spent()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(AttackCatalogs.Budgeted("total: 740, settleOn: decision")))
        {
            for (var i = 0; i < 50; i++)
            {
                Assert.Equal(2, Offers(await node.DecideAsync(Request($"a-{i}", count: 2))).Length);
            }

            await PublishAsync(node, AttackCatalogs.Budgeted("total: 44.4, settleOn: decision"));
            Assert.Equal(20, await Demand.DrainAsync(node));
            Assert.Equal(120 * Cost, (await ViewAsync(node)).Total!.SettledMicros);

            await PublishAsync(node, AttackCatalogs.Budgeted("total: 22.2, settleOn: decision"));
            Assert.Equal(0, await Demand.DrainAsync(node));
            await PublishAsync(node, AttackCatalogs.Budgeted("total: 74, settleOn: decision"));
            Assert.Equal(80, await Demand.DrainAsync(node));
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task a_total_budget_declared_later_counts_what_is_spent_while_it_is_published()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(AttackCatalogs.Budgeted("daily: 7400, settleOn: decision")))
        {
            var stop = false;
            var traffic = Task.WhenAll(Enumerable.Range(0, 4).Select(worker => Task.Run(async () =>
            {
                for (var i = 0; !Volatile.Read(ref stop); i++)
                {
                    await node.DecideAsync(Request($"c-{worker}-{i}", count: 2));
                }
            })));
            await UntilAsync(async () => (await ViewAsync(node)).Today!.SettledMicros >= 50 * Cost);

            await PublishAsync(node, AttackCatalogs.Budgeted("total: 185, daily: 7400, settleOn: decision"));
            Volatile.Write(ref stop, true);
            await traffic;
            await Demand.DrainAsync(node);

            // What was served before the total budget was there may be more than it; then nothing more may be served.
            var view = await ViewAsync(node);
            Assert.True(view.Total!.SettledMicros + view.Total.LeasedMicros <= 185_000_000, $"{view.Total}");
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task money_set_aside_comes_back_when_its_event_does_not_come()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(AttackCatalogs.Budgeted("total: 7.4, settleOn: impression, reserve: full")))
        {
            Assert.Equal(20, await Demand.DrainAsync(node));
            Assert.Equal(7_400_000, (await ViewAsync(node)).Total!.ReservedMicros);
        }

        await using (var node = await folder.OpenAsync())
        {
            folder.Pass(TimeSpan.FromMinutes(15));
            await UntilAsync(async () => (await ViewAsync(node)).Total!.ReservedMicros == 0);

            Assert.Equal(20, await Demand.DrainAsync(node));
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task a_failed_commit_gives_its_holds_back()
    {
        using var folder = new AttackFolder();
        var faults = new ScriptedFaults();
        await using (var node = await folder.OpenAsync(
            AttackCatalogs.Budgeted("total: 7.4, daily: 7.4, settleOn: decision"),
            options => options with { ConfigureLog = log => log with { Faults = faults, MaxBackOff = TimeSpan.FromMilliseconds(20) } }))
        {
            faults.AtInsert = record =>
            {
                if (!record.Customer.IsNone)
                {
                    ScriptedFaults.Fail();
                }
            };
            for (var i = 0; i < 40; i++)
            {
                Assert.Equal(RefusalKind.Unavailable, (await node.DecideAsync(Request($"x-{i}", count: 2))).Refusal!.Kind);
            }

            faults.Disarm();
            await WritableAsync(node);
            Assert.Equal(20, await Demand.DrainAsync(node));
            Assert.Equal(7_400_000, (await ViewAsync(node)).Total!.SettledMicros);
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task a_dry_run_spends_nothing_and_leaves_no_trace()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(AttackCatalogs.Budgeted("total: 7.4, settleOn: decision")))
        {
            await ViewAsync(node);
            var end = node.Log.CommittedSequence;
            for (var i = 0; i < 50; i++)
            {
                Assert.Equal(2, Offers(await node.DecideAsync(Request($"c-{i}", "d-1", count: 2) with { DryRun = true })).Length);
            }

            Assert.Equal(end, node.Log.CommittedSequence);
            Assert.Equal(RefusalKind.NotFound, (await node.ReadCustomerAsync("c-1")).Refusal!.Kind);
            Assert.Equal(RefusalKind.NotFound, (await node.ReadDecisionAsync("d-1")).Refusal!.Kind);
            Assert.Equal(20, await Demand.DrainAsync(node));
        }

        Assert.Equal(20, (await folder.AssertCleanAsync()).CapChecks);
    }

    /// <summary>Waits until the log takes records again.</summary>
    internal static async Task WritableAsync(EmbeddedNode node)
    {
        await UntilAsync(async () => (await node.IngestAsync([Event("probe", "view")])).Refusal is null);
    }

    private static async Task<CampaignView> ViewAsync(EmbeddedNode node) => (await node.ReadCampaignAsync("c")).Value!;

    private static long Spent(CampaignView view) => (view.Total ?? view.Today)!.SettledMicros;

    private static void Check(CampaignView view, long mayMicros)
    {
        foreach (var ledger in new[] { view.Total, view.Today })
        {
            if (ledger is not null)
            {
                Assert.Equal(ledger.BudgetMicros, ledger.SettledMicros + ledger.ReservedMicros + ledger.LeasedMicros + ledger.FreeMicros);
                Assert.True(ledger.FreeMicros >= 0 && ledger.SettledMicros <= mayMicros, $"{ledger}");
            }
        }
    }

    private static async Task ServeAndSettleAsync(EmbeddedNode node, string customer)
    {
        var reply = await node.DecideAsync(Request(customer, "d-" + customer, count: 2));
        var offers = Offers(reply);
        foreach (var offer in offers)
        {
            foreach (var type in new[] { "impression", "click", "purchase" })
            {
                await SendAsync(node, Event(customer, type, type + offer.OfferId, "d-" + customer, offer.OfferId));
            }
        }
    }
}
