using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Catalog;
using PmOrleans.Node.Port;

namespace PmOrleans.Conformance;

public sealed class ListenerSiloTests
{
    private const string Catalog = """
        catalog: { currency: EUR }
        placements:
          p: { channel: web, slots: 1, fallback: { offer: f, content: {} } }
        """;

    [CaseFact]
    public async Task a_member_without_a_node_has_no_part_of_the_queue()
    {
        var silos = new ThreeSilos();
        await silos.AddListenerAsync();
        var node = await silos.OpenAsync("");
        var bundle = CatalogBundle.Of([new CatalogFile("a.yaml", Catalog)], new DiagnosticBag())!.Bytes;
        Assert.True((await node.PublishAsync(bundle, null, PublishNote.None)).Value?.Published);

        var customers = Enumerable.Range(0, 200).Select(n => $"c-{n}").ToList();
        Assert.Equal(200, (await node.QueueAsync([.. customers.Select(customer => new Touchpoint { MessageId = customer, CustomerId = customer, Type = "view" })])).Value?.Queued);

        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        foreach (var customer in customers)
        {
            while ((await node.ReadCustomerAsync(customer)).Value is null)
            {
                await Task.Delay(10, limit.Token);
            }
        }

        await silos.CloseAsync();
    }
}
