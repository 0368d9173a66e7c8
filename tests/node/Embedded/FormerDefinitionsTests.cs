using static PmOrleans.Node.Tests.Embedded.AttackFolder;

namespace PmOrleans.Node.Tests.Embedded;

/// <summary>A version that drops a policy or a campaign while what these have decided is open.</summary>
public sealed class FormerDefinitionsTests
{
    private const string Careful = "careful: { goal: { on: signup, within: 1h } }";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task a_decision_of_a_policy_that_is_gone_has_the_goal_it_was_made_for(bool restarted)
    {
        using var folder = new AttackFolder();
        var node = await folder.OpenAsync(Catalog(Careful, "careful", ""));
        Assert.Single(Offers(await node.DecideAsync(Request("c-1", "d-1"))));
        Assert.Single(Offers(await node.DecideAsync(Request("c-2", "d-2"))));
        Assert.Single(Offers(await node.DecideAsync(Request("c-3", "d-3"))));
        await PublishAsync(node, Catalog("", "default", ""));
        await PublishAsync(node, Catalog("", "default", "lever: 5"));
        if (restarted)
        {
            await node.DisposeAsync();
            node = await folder.OpenAsync();
        }

        folder.Pass(TimeSpan.FromMinutes(50));
        await SendAsync(node, Event("c-1", "signup", "m", "d-1"), Event("c-2", "click", "m", "d-2"));
        Assert.Equal(1, (await node.ReadCampaignAsync("c")).Value!.Offers.Single(offer => offer.OfferId == "o").Rewards);

        // Once it is back it has learned from all three, as if it had never been away.
        folder.Pass(TimeSpan.FromMinutes(11));
        await PublishAsync(node, Catalog(Careful, "careful", ""));
        await UntilAsync(async () => (await node.ReadPolicyAsync("p")).Value!.Offers.Single() is { Trials: 3, Rewards: 1, Pending: 0 });
        await node.DisposeAsync();
        await folder.AssertCleanAsync();
    }

    [Theory]
    [InlineData("settleOn: click, reserve: full", "click", 10, 0)]
    [InlineData("settleOn: click, reserve: expected", "click", 5, 5)]
    [InlineData("settleOn: impression, reserve: full", "impression", 10, 0)]
    [InlineData("settleOn: click, reserve: full", "impression", 0, 0)]
    public async Task what_was_set_aside_for_a_campaign_that_is_gone_is_spent_when_its_event_comes(string settled, string type, int spent, int unbilled)
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(Catalog("", "default", $"budget: {{ total: 1000, {settled} }}")))
        {
            Assert.Single(Offers(await node.DecideAsync(Request("c-1", "d-1"))));
            await PublishAsync(node, "placements: { p: { channel: web } }");

            await SendAsync(node, Event("c-1", type, "m-1", "d-1", "o"));
            await SendAsync(node, Event("c-1", type, "m-2", "d-1", "o"));

            await PublishAsync(node, Catalog("", "default", $"budget: {{ total: 1000, {settled} }}"));
            await UntilAsync(async () => (await node.ReadCampaignAsync("c")).Value!.Total is { } total
                && (total.SettledMicros, total.UnbilledMicros) == (spent * 1_000_000L, unbilled * 1_000_000L)
                && total.ReservedMicros == (spent > 0 ? 0 : 10_000_000));
        }

        await folder.AssertCleanAsync();
    }

    private static string Catalog(string policy, string used, string campaign) => $$"""
        policies:
          default: {}
          {{policy}}
        placements:
          p: { channel: web, policy: {{used}} }
        campaigns:
          c:
            zone: UTC
            {{campaign}}
            offers:
              o: { placements: [p], value: 1000, cost: 10, content: { title: a } }
        """;
}
