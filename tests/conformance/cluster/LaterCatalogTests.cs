using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Node.Catalog;
using PmOrleans.Node.Port;

namespace PmOrleans.Conformance;

public sealed class LaterCatalogTests
{
    private const string Catalog = """
        catalog: { currency: EUR }
        placements:
          p: { channel: web, slots: 1, fallback: { offer: f, content: {} } }
        campaigns:
          c:
            offers:
              a: { placements: [p], value: 1, content: {} }
        """;

    [CaseFact]
    public async Task silos_that_cannot_read_what_a_later_release_published_pause_campaigns_and_say_which_version_they_decide_by()
    {
        var silos = new ThreeSilos();
        var node = await silos.OpenAsync("");
        var bundle = CatalogBundle.Of([new CatalogFile("a.yaml", Catalog)], new DiagnosticBag())!.Bytes;
        Assert.True((await node.PublishAsync(bundle, null, PublishNote.None)).Value?.Published);
        await silos.ExecuteAsync("INSERT INTO catalog SELECT version + 1, published_at, 'later', 'later' FROM catalog");

        foreach (var paused in new[] { true, false, true, false })
        {
            Assert.Equal(paused, (await node.SetPausedAsync("c", paused)).Value?.Paused);
            Assert.Equal(1, (await node.ReadCatalogAsync()).Value?.Version);
            var publish = await node.PublishAsync(bundle, null, PublishNote.None);
            Assert.Equal(RefusalKind.Unavailable, publish.Refusal?.Kind);
            Assert.Contains("version 2", publish.Refusal!.Detail, StringComparison.Ordinal);
        }

        await silos.CloseAsync();
    }
}
