using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Port;

namespace PmOrleans.Conformance;

/// <content>Campaigns and catalogs: caps and budgets under concurrency, pauses, publishes.</content>
public abstract partial class NodeConformance
{
    /// <summary>Nothing that comes at all takes that long, on whatever machine.</summary>
    private static readonly TimeSpan LongEnough = TimeSpan.FromMinutes(2);

    [CaseTheory]
    [InlineData("decision")]
    [InlineData("impression")]
    public async Task a_cap_holds_whatever_the_concurrency(string on)
    {
        await PublishAsync(Catalog($"caps: [ {{ event: {on}, limit: 3, within: 1d, per: campaign }} ]"));

        var served = await Task.WhenAll(Enumerable.Range(0, 200).Select(n => Task.Run(async () =>
        {
            var offers = await OffersAsync(Request($"c-{n % 5}", $"d-{n}", count: 2));
            if (offers.Length > 0)
            {
                await SendAsync(Event($"c-{n % 5}", "impression", $"m-{n}", $"d-{n}"));
            }

            return (Customer: n % 5, offers.Length);
        })));

        Assert.All(served.GroupBy(one => one.Customer), customer => Assert.Equal(3, customer.Sum(one => one.Length)));
    }

    [CaseFact]
    public async Task what_a_policy_that_is_gone_decided_ends_by_its_goal_wherever_the_event_comes()
    {
        var asked = Catalog("name: C")
            .Replace("policies:", "policies:\n  gone: { goal: { on: wishlist, within: 1h }, exploration: { kind: epsilonGreedy, epsilon: 0.5, floor: 0.1 } }", StringComparison.Ordinal)
            .Replace("p: { channel: web,", "p: { policy: gone, channel: web,", StringComparison.Ordinal);
        await PublishAsync(asked);
        for (var n = 0; n < 12; n++)
        {
            Assert.Single(await OffersAsync(Request($"c-{n}", $"d-{n}")));
        }

        await PublishAsync(Catalog("name: C"));

        for (var n = 0; n < 12; n++)
        {
            await SendAsync(Event($"c-{n}", "wishlist", $"m-{n}", $"d-{n}"));
            Assert.Equal(1, Assert.Single(Value(await Node.ReadDecisionAsync($"d-{n}")).Outcomes).Reward);
        }
    }

    [CaseFact]
    public async Task an_event_that_names_a_decision_which_has_closed_counts_under_its_caps()
    {
        var closing = Catalog("caps: [ { event: impression, limit: 2, within: 1d, per: campaign } ]")
            .Replace("currency: EUR", "currency: EUR, capHold: 1s", StringComparison.Ordinal)
            .Replace("default: { ", "default: { goal: { on: click, within: 1s }, ", StringComparison.Ordinal);
        await PublishAsync(closing);
        Assert.Equal(2, (await OffersAsync(Request("c-1", "d-1", count: 2))).Length);
        using var limit = new CancellationTokenSource(LongEnough);
        while (Value(await Node.ReadDecisionAsync("d-1")).Outcomes.Count(outcome => outcome.Event == "expired") < 2)
        {
            await Task.Delay(50, limit.Token);
        }

        await SendAsync(new Touchpoint { CustomerId = "c-1", Type = "impression", DecisionId = "d-1" });

        Assert.Empty(await OffersAsync(Request("c-1")));
    }

    [CaseFact]
    public async Task a_budget_is_spent_to_its_end_and_never_a_micro_beyond()
    {
        await PublishAsync(Catalog("budget: { total: 37, settleOn: decision }"));
        var served = 0;
        using var limit = new CancellationTokenSource(LongEnough);

        // Leases are refilled beside the traffic: demand goes on until all is spent, and once more.
        for (int round = 0, after = 0; after < 2; round++)
        {
            limit.Token.ThrowIfCancellationRequested();
            served += (await Task.WhenAll(Enumerable.Range(0, 40).Select(n => Task.Run(() => OffersAsync(Request($"c-{round}-{n}")))))).Sum(offers => offers.Length);
            after += served >= 100 ? 1 : 0;
        }

        Assert.Equal(100, served);
        var total = Value(await Node.ReadCampaignAsync("c")).Total!;
        Assert.Equal(37_000_000, total.SettledMicros + total.ReservedMicros + total.LeasedMicros + total.FreeMicros);
    }

    [CaseFact]
    public async Task a_pause_holds_at_once_and_survives_a_publish_and_a_restart()
    {
        await PublishAsync(Catalog("name: C"));
        Assert.Single(await OffersAsync(Request("c-1")));

        Assert.True(Value(await Node.SetPausedAsync("c", true)).Paused);
        await UntilEverywhereAsync(answer => answer.Placements[0].Offers.All(offer => offer.Fallback));
        Assert.Empty(await OffersAsync(Request("c-1")));
        await PublishAsync(Catalog("name: D"));
        await ReopenAsync();
        Assert.Empty(await OffersAsync(Request("c-1")));
        await Node.SetPausedAsync("c", false);
        await UntilEverywhereAsync(answer => !answer.Placements[0].Offers.All(offer => offer.Fallback));
        Assert.Single(await OffersAsync(Request("c-1")));
        IsRefused(RefusalKind.NotFound, await Node.SetPausedAsync("nothing", true));
    }

    [CaseFact]
    public async Task a_publish_is_live_for_the_next_decision_and_a_bad_or_late_one_changes_nothing()
    {
        var first = await PublishAsync(Catalog("name: C"));
        var second = await PublishAsync(Catalog("name: D"));
        Assert.Equal((1, 2), (first.Version, second.Version));
        Assert.Equal(2, Value(await Node.DecideAsync(Request("c-1"))).CatalogVersion);

        IsRefused(RefusalKind.PreconditionFailed, await Node.PublishAsync(Bundle(Catalog("name: E")), 1, PublishNote.None));
        var bad = await Node.PublishAsync(Bundle(Catalog("nmae: E")), null, PublishNote.None);

        Assert.False(bad.Value is { Published: true });
        Assert.Equal(2, Value(await Node.ReadCatalogAsync()).Version);
        Assert.Equal(2, Value(await Node.DecideAsync(Request("c-1"))).CatalogVersion);
    }

    [CaseFact]
    public async Task of_several_who_publish_at_once_over_the_same_version_one_gets_through()
    {
        await PublishAsync(Catalog("name: C"));

        var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(n => Task.Run(async () =>
            await Node.PublishAsync(Bundle(Catalog($"name: D{n}")), 1, PublishNote.None))));

        var published = Assert.Single(replies, reply => reply.Value is not null).Value!;
        Assert.Equal((true, 2), (published.Published, published.Version));
        Assert.All(replies.Where(reply => reply.Value is null), reply => IsRefused(RefusalKind.PreconditionFailed, reply));
        using var limit = new CancellationTokenSource(LongEnough);
        while (Value(await Node.DecideAsync(Request("c-1"))).CatalogVersion < 2 || Value(await Node.ReadCatalogAsync()).Version < 2)
        {
            // A silo that could not be reached within a second finds it out by itself.
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    [CaseFact]
    public async Task an_unknown_placement_is_not_found_and_the_policy_learns_what_came_of_decisions()
    {
        await PublishAsync(Catalog("name: C"));
        var unknown = Request("c-1") with { Placements = [new Decisioning.Decisions.PlacementRequest("nowhere", 1, [])] };

        IsRefused(RefusalKind.NotFound, await Node.DecideAsync(unknown));
        for (var n = 0; n < 10; n++)
        {
            Assert.Single(await OffersAsync(Request($"c-{n}", $"d-{n}")));
            await SendAsync(Event($"c-{n}", "click", $"m-{n}", $"d-{n}"));
        }

        using var limit = new CancellationTokenSource(LongEnough);
        while (Value(await Node.ReadPolicyAsync("p")).Observations < 10)
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
