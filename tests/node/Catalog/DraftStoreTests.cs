using PmOrleans.Node.Embedded;
using PmOrleans.Node.Port;
using PmOrleans.Node.Publishing;
using PmOrleans.Node.Tests.Embedded;
using PmOrleans.Node.Tests.Log;

namespace PmOrleans.Node.Tests.Catalog;

/// <summary>Drafts saved by two nodes over one store at the same moment.</summary>
public sealed class DraftStoreTests
{
    private static readonly ReadOnlyMemory<byte> Bundle = AttackFolder.Bundle(AttackCatalogs.Plain);
    private static readonly ReadOnlyMemory<byte> Other = AttackFolder.Bundle(AttackCatalogs.Plain.Replace("value: 10", "value: 11", StringComparison.Ordinal));

    [Fact]
    public async Task different_drafts_saved_at_the_same_moment_on_two_nodes_are_all_there()
    {
        using var folder = new TestFolder();
        await using var log = await folder.OpenAsync();
        using DraftStore here = new(log, TimeProvider.System), there = new(log, TimeProvider.System);

        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Task.Run(async () =>
        {
            var saved = await (i % 2 == 0 ? here : there).SaveAsync($"d-{i}", Bundle, PublishNote.None, 1, null, null);
            Assert.Null(saved.Refusal);
        })));
        Assert.Equal(40, here.List().Count);

        await Task.WhenAll(Enumerable.Range(0, 30).Select(i => Task.Run(() => (i % 2 == 0 ? here : there).DeleteAsync($"d-{i}"))));
        Assert.Equal(Enumerable.Range(30, 10).Select(i => $"d-{i}"), there.List().Select(draft => draft.Name), StringComparer.Ordinal);
    }

    [Fact]
    public async Task of_two_changes_of_one_draft_on_two_nodes_that_saw_the_same_state_one_is_told_of_the_other()
    {
        using var folder = new TestFolder();
        await using var log = await folder.OpenAsync();
        using DraftStore here = new(log, TimeProvider.System), there = new(log, TimeProvider.System);
        for (var round = 0; round < 20; round++)
        {
            var seen = (await here.SaveAsync("spring", Bundle, new PublishNote("Li Na", null), 1, null, null)).Value!.Hash;

            var both = await Task.WhenAll(
                Task.Run(() => here.SaveAsync("spring", Other, new PublishNote("Ada", null), 1, null, seen)),
                Task.Run(() => there.SaveAsync("spring", Other, new PublishNote("Bo", null), 1, null, seen)));

            var refused = Assert.Single(both, reply => reply.Refusal is not null).Refusal!;
            var author = Assert.Single(both, reply => reply.Refusal is null).Value!.Note.Author;
            Assert.Equal(RefusalKind.PreconditionFailed, refused.Kind);
            Assert.Contains($"changed by {author}", refused.Detail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task a_draft_that_there_is_not_is_named_short_and_without_what_turns_text_around()
    {
        var name = "\u202E" + new string('x', 5_000);
        using var folder = new AttackFolder();
        await using var node = await folder.OpenAsync(AttackCatalogs.Plain);

        Refusal[] refused = [(await node.ReadDraftAsync(name)).Refusal!, (await node.StartReachAsync(new CatalogChoice(name, null), [])).Refusal!];

        Assert.All(refused, refusal => Assert.Equal($"there is no draft '\uFFFD{new string('x', 63)}…'", refusal.Detail));
    }

    [Fact]
    public async Task a_published_draft_is_gone_with_the_publish_and_one_that_was_changed_meanwhile_stays()
    {
        using var folder = new AttackFolder();
        await using var node = await folder.OpenAsync(AttackCatalogs.Plain);
        var kept = (await node.SaveDraftAsync("kept", Other, PublishNote.None, null, null)).Value!;
        var seen = (await node.SaveDraftAsync("spring", Bundle, PublishNote.None, null, null)).Value!;
        var changed = (await node.SaveDraftAsync("spring", Other, PublishNote.None, null, null)).Value!;

        Assert.True((await PublishAsync(node, Other, seen)).Published);
        Assert.Equal(changed.Hash, (await node.ReadDraftAsync("spring")).Value!.Hash);

        // The same files are live already: nothing is published, and the draft has had its time.
        Assert.True((await PublishAsync(node, Other, changed)).Published);
        Assert.Equal(RefusalKind.NotFound, (await node.ReadDraftAsync("spring")).Refusal!.Kind);

        Assert.True((await PublishAsync(node, Bundle, kept)).Published);
        Assert.Empty((await node.ReadDraftsAsync()).Value!);
    }

    [Fact]
    public async Task drafts_saved_while_others_are_published_are_all_there_and_every_version_is_published_once()
    {
        using var folder = new AttackFolder();
        await using var node = await folder.OpenAsync(AttackCatalogs.Plain);
        var first = (await node.ReadCatalogAsync()).Value!.Version;
        var drafts = new List<DraftView>();
        for (var i = 0; i < 12; i++)
        {
            drafts.Add((await node.SaveDraftAsync($"p-{i}", Variant(i), PublishNote.None, null, null)).Value!);
        }

        await Task.WhenAll(
            Task.Run(async () =>
            {
                foreach (var draft in drafts)
                {
                    Assert.True((await PublishAsync(node, draft.Bundle, draft)).Published);
                }
            }),
            Task.Run(async () =>
            {
                for (var i = 0; i < 60; i++)
                {
                    Assert.Null((await node.SaveDraftAsync($"s-{i}", Bundle, PublishNote.None, null, null)).Refusal);
                }
            }));

        Assert.Equal(first + 12, (await node.ReadCatalogAsync()).Value!.Version);
        Assert.Equal(60, (await node.ReadDraftsAsync()).Value!.Count(draft => draft.Name.StartsWith('s')));
        Assert.DoesNotContain((await node.ReadDraftsAsync()).Value!, draft => draft.Name.StartsWith('p'));
    }

    private static ReadOnlyMemory<byte> Variant(int i) =>
        AttackFolder.Bundle(AttackCatalogs.Plain.Replace("value: 10", $"value: {20 + i}", StringComparison.Ordinal));

    private static async Task<PublishAnswer> PublishAsync(EmbeddedNode node, ReadOnlyMemory<byte> bundle, DraftView draft) =>
        (await node.PublishAsync(bundle, null, PublishNote.None with { Draft = new PublishedDraft(draft.Name, draft.Hash) })).Value!;
}
