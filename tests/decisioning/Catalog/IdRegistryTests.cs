using PmOrleans.Decisioning.Catalog;

namespace PmOrleans.Decisioning.Tests.Catalog;

public sealed class IdRegistryTests
{
    [Fact]
    public void an_id_keeps_its_number_and_numbers_are_dense_per_kind()
    {
        var registry = IdRegistry.Empty
            .With(IdKind.Offer, "tea", "spring", out var tea)
            .With(IdKind.Offer, "cup", "spring", out var cup)
            .With(IdKind.Campaign, "tea", null, out var campaign);

        var again = registry.With(IdKind.Offer, "tea", "other", out var teaAgain);

        Assert.Same(registry, again);
        Assert.Equal((1, 2, 1, 1), (tea, cup, campaign, teaAgain));
        Assert.Equal("spring", again.OwnerOf(IdKind.Offer, "tea"));
        Assert.Equal("cup", again.IdOf(IdKind.Offer, 2));
        Assert.Null(again.IdOf(IdKind.Offer, 3));
    }

    [Fact]
    public void a_registry_read_again_gives_the_same_numbers_and_owners()
    {
        var registry = IdRegistry.Empty;
        for (var i = 0; i < 300; i++)
            registry = registry.With((IdKind)(1 + i % 12), $"id-{i}", i % 3 == 0 ? null : $"owner-{i}", out _);

        var read = IdRegistry.Read(registry.ToArray());

        for (var i = 0; i < 300; i++)
        {
            var (kind, id) = ((IdKind)(1 + i % 12), $"id-{i}");
            Assert.Equal((registry.NumberOf(kind, id), registry.OwnerOf(kind, id)), (read.NumberOf(kind, id), read.OwnerOf(kind, id)));
        }
    }
}
