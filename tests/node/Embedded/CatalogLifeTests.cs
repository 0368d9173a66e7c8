using PmOrleans.Decisioning.Decisions;
using PmOrleans.Node.Port;
using static PmOrleans.Node.Tests.Embedded.AttackFolder;

namespace PmOrleans.Node.Tests.Embedded;

/// <summary>Drafts, history, the way back, and the switch of a single offer.</summary>
public sealed class CatalogLifeTests
{
    private static readonly string Dearer = AttackCatalogs.Plain.Replace("a: { placements: [p], value: 10", "a: { placements: [p], value: 99", StringComparison.Ordinal);

    [Fact]
    public async Task a_draft_is_kept_over_a_restart_errors_and_all_and_touches_nothing_that_is_live()
    {
        using var folder = new AttackFolder();
        var broken = AttackCatalogs.Plain.Replace("value: 10", "value: ten", StringComparison.Ordinal);
        await using (var node = await folder.OpenAsync(AttackCatalogs.Plain))
        {
            Assert.Null((await node.SaveDraftAsync("spring", Bundle(Dearer), new PublishNote("li", "dearer"), null, null)).Refusal);
            Assert.Null((await node.SaveDraftAsync("broken", Bundle(broken), PublishNote.None, null, null)).Refusal);
        }

        await using (var node = await folder.OpenAsync())
        {
            var drafts = (await node.ReadDraftsAsync()).Value!;
            var spring = (await node.ReadDraftAsync("spring")).Value!;

            Assert.Equal(["broken", "spring"], drafts.Select(draft => draft.Name).ToArray());
            Assert.Equal((1, "li", "dearer"), (spring.BasedOn, spring.Note.Author, spring.Note.Comment));
            Assert.True(spring.Bundle.Span.SequenceEqual(Bundle(Dearer).Span));
            Assert.Equal(1, (await node.ReadCatalogAsync()).Value!.Version);
            Assert.Contains((await node.ValidateAsync((await node.ReadDraftAsync("broken")).Value!.Bundle)).Value!.Problems, problem => problem.IsError);
            Assert.Null((await node.DeleteDraftAsync("broken")).Refusal);
            Assert.Equal(RefusalKind.NotFound, (await node.DeleteDraftAsync("broken")).Refusal!.Kind);
        }
    }

    [Fact]
    public async Task what_a_catalog_that_seeds_a_store_is_warned_of_is_told_once()
    {
        using var folder = new NodeFolder();
        var catalog = Directory.CreateDirectory(Path.Combine(folder.Path, "catalog")).FullName;
        await File.WriteAllTextAsync(Path.Combine(catalog, "a.yaml"), "catalog: { currency: CNY }\n");
        var told = new List<string>();

        for (var start = 0; start < 2; start++)
        {
            await using var node = await folder.OpenAsync(configure: options => options with
            {
                CatalogFolder = catalog, OnSeeded = warnings => told.AddRange(warnings.Select(warning => warning.Code)),
            });
        }

        Assert.Equal("empty-catalog", Assert.Single(told));
    }

    [Fact]
    public async Task of_two_who_edit_one_draft_the_second_is_told()
    {
        using var folder = new AttackFolder();
        await using var node = await folder.OpenAsync(AttackCatalogs.Plain);
        var begun = (await node.SaveDraftAsync("spring", Bundle(AttackCatalogs.Plain), PublishNote.None, null, null)).Value!;
        Assert.Null((await node.SaveDraftAsync("spring", Bundle(Dearer), new PublishNote("wang", null), null, begun.Hash)).Refusal);

        var late = await node.SaveDraftAsync("spring", Bundle(AttackCatalogs.Capped("decision", 2)), PublishNote.None, null, begun.Hash);

        Assert.Equal(RefusalKind.PreconditionFailed, late.Refusal!.Kind);
        Assert.Contains("wang", late.Refusal.Detail, StringComparison.Ordinal);
        Assert.True((await node.ReadDraftAsync("spring")).Value!.Bundle.Span.SequenceEqual(Bundle(Dearer).Span));
    }

    [Fact]
    public async Task a_draft_that_is_based_on_a_version_that_there_is_not_is_refused_and_the_one_before_stays()
    {
        using var folder = new AttackFolder();
        await using var node = await folder.OpenAsync(AttackCatalogs.Plain);
        Assert.Null((await node.SaveDraftAsync("spring", Bundle(AttackCatalogs.Plain), PublishNote.None, 1, null)).Refusal);

        var refused = (await node.SaveDraftAsync("spring", Bundle(Dearer), PublishNote.None, 2, null)).Refusal!;

        Assert.Equal(RefusalKind.Invalid, refused.Kind);
        Assert.Equal(["is '2'; a whole number from 0 to 1, the newest version, is expected"], refused.Errors!["basedOn"]);
        Assert.True((await node.ReadDraftAsync("spring")).Value!.Bundle.Span.SequenceEqual(Bundle(AttackCatalogs.Plain).Span));
    }

    [Fact]
    public async Task the_history_says_who_changed_what_and_compares_any_two_versions()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(AttackCatalogs.Plain))
        {
            await node.PublishAsync(Bundle(Dearer), 1, new PublishNote("li", "春天"));
            await node.PublishAsync(Bundle(AttackCatalogs.Capped("decision", 2)), 2, PublishNote.None);
        }

        await using (var node = await folder.OpenAsync())
        {
            var page = (await node.ReadVersionsAsync(0, 2)).Value!;
            var rest = (await node.ReadVersionsAsync(page.Next!.Value, 2)).Value!;

            Assert.Equal([3, 2, 1], page.Versions.Concat(rest.Versions).Select(version => version.Version));
            Assert.Null(rest.Next);
            Assert.Equal(new PublishNote("li", "春天"), page.Versions[1].Note);
            Assert.Equal((0, 1, 0), (page.Versions[1].Added, page.Versions[1].Changed, page.Versions[1].Removed));
            Assert.Equal(["offer a changed: value"], page.Versions[1].Summary);
            Assert.Equal(["value: 10 -> 99"], (await node.CompareAsync(1, 2)).Value!.Changes.Single().Fields);
            Assert.Equal(RefusalKind.NotFound, (await node.CompareAsync(1, 9)).Refusal!.Kind);
            Assert.Equal(RefusalKind.NotFound, (await node.ReadVersionAsync(9)).Refusal!.Kind);
        }
    }

    [Fact]
    public async Task rolling_back_keeps_numbers_counters_and_money()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(AttackCatalogs.Capped("decision", 1)))
        {
            var numbers = await NumbersAsync(node);
            Assert.Single(Offers(await node.DecideAsync(Request("c-1"))));
            await PublishAsync(node, AttackCatalogs.Plain);
            Assert.Single(Offers(await node.DecideAsync(Request("c-1"))));

            var first = (await node.ReadVersionAsync(1)).Value!;
            var back = (await node.PublishAsync(first.Bundle, 2, new PublishNote("li", null, 1))).Value!;

            Assert.Equal((true, 3, first.Hash), (back.Published, back.Version, back.Hash));
            Assert.Equal(1, (await node.ReadVersionsAsync(0, 1)).Value!.Versions[0].Note.RolledBackTo);
            Assert.Equal(numbers, await NumbersAsync(node));
            Assert.Empty(Offers(await node.DecideAsync(Request("c-1"))));
        }

        await folder.AssertCleanAsync();

        static async Task<string> NumbersAsync(Node.Embedded.EmbeddedNode node) =>
            string.Join(' ', (await node.ReadCampaignsAsync()).Value!.SelectMany(campaign => campaign.Offers).Select(offer => offer.OfferId).ToArray());
    }

    [Fact]
    public async Task an_offer_out_of_stock_is_not_shown_at_once_and_stays_so_over_a_publish_and_a_restart()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(AttackCatalogs.Plain))
        {
            var off = (await node.SetStockAsync("a", inStock: false)).Value!;
            Assert.Equal(new OfferStockView("a", "c", InStock: false, SwitchedOff: true), off);
            Assert.Equal(["b"], Offers(await node.DecideAsync(Request("c-1", count: 2))).Select(offer => offer.OfferId).ToArray());
            await PublishAsync(node, Dearer);
            Assert.Equal(["b"], Offers(await node.DecideAsync(Request("c-2", count: 2))).Select(offer => offer.OfferId).ToArray());
        }

        await using (var node = await folder.OpenAsync())
        {
            var explained = (await node.DecideAsync(Request("c-3", count: 2) with { Explain = true })).Value!.Placements[0];
            Assert.Equal(RemovalReason.OutOfStock, explained.Candidates!.Single(candidate => candidate.OfferId == "a").Reason);
            Assert.Equal([false, true], (await node.ReadCampaignAsync("c")).Value!.Offers.Select(offer => offer.InStock));

            await node.SetStockAsync("a", inStock: true);
            Assert.Equal(2, Offers(await node.DecideAsync(Request("c-4", count: 2))).Length);
            Assert.Equal(RefusalKind.NotFound, (await node.SetStockAsync("nothing", inStock: false)).Refusal!.Kind);
        }

        await folder.AssertCleanAsync();
    }
}
