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
}
