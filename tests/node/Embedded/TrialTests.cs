using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Port;
using static PmOrleans.Node.Tests.Embedded.AttackFolder;

namespace PmOrleans.Node.Tests.Embedded;

/// <summary>Trying a catalog on one customer before it is live.</summary>
public sealed class TrialTests
{
    [Fact]
    public async Task a_preview_shows_what_the_customer_gets_once_the_draft_is_live()
    {
        using var folder = new AttackFolder();
        await using var node = await folder.OpenAsync(AttackCatalogs.Plain);
        await SendAsync(node, [.. Enumerable.Range(0, 5).Select(i => Event("c-1", "search", $"m-{i}"))]);
        // The metric is new: what the customer did before it was declared counts.
        var draft = AttackCatalogs.Plain
            .Replace("metrics:", "metrics:\n  searches: count(search) over 7d", StringComparison.Ordinal)
            .Replace("a: { placements", "a: { eligibility: metrics.searches > 4, placements", StringComparison.Ordinal)
            .Replace("b: { placements", "b: { eligibility: metrics.searches > 5, placements", StringComparison.Ordinal);
        await node.SaveDraftAsync("new", Bundle(draft), PublishNote.None, null, null);

        var preview = (await node.PreviewAsync(new PreviewRequest(new CatalogChoice("new", null), Request("c-1", "d-1", count: 2), Described: false))).Value!.Answer!;
        await PublishAsync(node, draft);
        var decided = (await node.DecideAsync(Request("c-1", "d-1", count: 2) with { Explain = true })).Value!;

        Assert.Equal(["a"], preview.Placements[0].Offers.Select(offer => offer.OfferId).ToArray());
        Assert.Equal(RemovalReason.Eligibility, preview.Placements[0].Candidates!.Single(candidate => candidate.OfferId == "b").Reason);
        Assert.Equal(Text(decided), Text(preview));

        static string Text(DecisionAnswer answer) => $"{answer.CatalogVersion}: " + string.Join(
            "; ", answer.Placements[0].Offers.Select(offer => $"{offer.OfferId} {offer.Propensity} {offer.Score}").Concat(answer.Placements[0].Candidates!.Select(candidate => candidate.ToString())));
    }

    [Fact]
    public async Task a_preview_leaves_no_trace()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(AttackCatalogs.Budgeted("total: 0.74, settleOn: decision")))
        {
            await SendAsync(node, Event("c-1", "view", "m-1"));
            var sequence = node.Log.CommittedSequence;
            var customer = (await node.ReadCustomerAsync("c-1")).Value!;
            for (var i = 0; i < 20; i++)
            {
                var request = Request("c-1", count: 2) with { Touchpoints = [Event("c-1", "view", "m-2")] };
                var preview = await node.PreviewAsync(new PreviewRequest(CatalogChoice.Live, request, Described: false));
                Assert.Equal(2, Offers(new Reply<DecisionAnswer>(preview.Value!.Answer, null)).Length);
            }

            await node.PreviewAsync(new PreviewRequest(CatalogChoice.Live, Request("c-9"), Described: false));

            Assert.Equal(sequence, node.Log.CommittedSequence);
            Assert.Equal(customer.Sequence, (await node.ReadCustomerAsync("c-1")).Value!.Sequence);
            Assert.Equal(1, (await node.ReadCustomerAsync("c-1")).Value!.Touchpoints.Single().Count);
            Assert.Equal(RefusalKind.NotFound, (await node.ReadCustomerAsync("c-9")).Refusal!.Kind);

            // The whole budget is still there to be spent.
            Assert.Equal(2, Offers(await node.DecideAsync(Request("c-1", count: 2))).Length);
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task somebody_described_is_what_the_description_says_and_a_campaign_without_money_shows_nothing()
    {
        using var folder = new AttackFolder();
        await using var node = await folder.OpenAsync(AttackCatalogs.Shop);
        Touchpoint[] profile =
        [
            Event("x", "identify") with { Set = [new Property("tier", PropertyValue.Of("gold"))] },
            Event("x", "consent") with { Purpose = "marketing", Granted = true },
            .. Enumerable.Range(0, 4).Select(i => Event("x", "view", at: folder.Now - (i * 86_400_000_000))),
        ];

        Assert.Equal("eager gold mail once", await SeenAsync(CatalogChoice.Live, profile));
        Assert.Equal("eager gold once", await SeenAsync(CatalogChoice.Live, [profile[0], .. profile[2..]]));
        Assert.Equal("once", await SeenAsync(CatalogChoice.Live, []));
        var poor = AttackCatalogs.Shop.Replace("  e:\n", "  e:\n    budget: { total: 0.5 }\n", StringComparison.Ordinal).Replace("once: { ", "once: { cost: 1, ", StringComparison.Ordinal);
        Assert.Equal("", await SeenAsync(new CatalogChoice(null, Bundle(poor)), []));

        async Task<string> SeenAsync(CatalogChoice choice, Touchpoint[] touchpoints)
        {
            var view = (await node.PreviewAsync(new PreviewRequest(choice, Request("x", count: 5) with { Touchpoints = touchpoints }, Described: true))).Value!;
            return string.Join(' ', view.Answer!.Placements[0].Offers.Select(offer => offer.OfferId).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task a_catalog_with_errors_is_told_with_its_errors_and_what_is_not_there_is_not_found()
    {
        using var folder = new AttackFolder();
        await using var node = await folder.OpenAsync(AttackCatalogs.Plain);
        var broken = new CatalogChoice(null, Bundle(AttackCatalogs.Plain.Replace("value: 10", "value: ten", StringComparison.Ordinal)));

        var preview = (await node.PreviewAsync(new PreviewRequest(broken, Request("c-1"), Described: false))).Value!;
        var reach = (await node.StartReachAsync(broken, [])).Value!;
        var nowhere = await node.PreviewAsync(new PreviewRequest(CatalogChoice.Live, Request("c-1", placement: "nowhere"), Described: false));

        Assert.Null(preview.Answer);
        Assert.Contains(preview.Problems, problem => problem.IsError);
        var slip = await node.PreviewAsync(new PreviewRequest(
            CatalogChoice.Live, Request("c-1") with { Touchpoints = [Event("c-1", "identify") with { Set = [new Property("teir", PropertyValue.Of("gold"))] }] }, Described: true));

        Assert.Equal(RefusalKind.Invalid, slip.Refusal!.Kind);
        Assert.Contains("tier", slip.Refusal.Errors!["profile.attributes.teir"][0], StringComparison.Ordinal);
        var misspelt = await node.PreviewAsync(new PreviewRequest(
            CatalogChoice.Live, Request("c-1") with { Touchpoints = [Event("c-1", "consent") with { Purpose = "marketting", Granted = true }] }, Described: true));
        Assert.Equal("profile.consents.marketting", Assert.Single(misspelt.Refusal!.Errors!).Key);
        Assert.Equal("invalid", reach.Status);
        Assert.Equal(RefusalKind.NotFound, nowhere.Refusal!.Kind);
        Assert.Equal(RefusalKind.NotFound, (await node.StartReachAsync(new CatalogChoice("none", null), [])).Refusal!.Kind);
        Assert.Equal(RefusalKind.NotFound, (await node.ReadReachAsync("none")).Refusal!.Kind);
    }
}
