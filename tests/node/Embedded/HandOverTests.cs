using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Engine;
using PmOrleans.Node.Log;

namespace PmOrleans.Node.Tests.Embedded;

/// <summary>What a node does for whoever takes its customers up when it stops.</summary>
public sealed class HandOverTests
{
    [Fact]
    public async Task whoever_takes_a_customer_up_finds_a_saved_state_with_nothing_behind_it_and_until_then_the_customer_is_served_on()
    {
        using var folder = new AttackFolder();
        var catalog = Directory.CreateDirectory(Path.Combine(folder.Path, "catalog")).FullName;
        await File.WriteAllTextAsync(Path.Combine(catalog, "a.yaml"), AttackCatalogs.Plain);
        var log = await SqliteNodeLog.OpenAsync(new SqliteLogOptions { Folder = folder.Path });
        await using var node = await NodeEngine.StartAsync(log, new NodeEngineOptions { CatalogFolder = catalog, SnapshotAge = TimeSpan.FromHours(1) }, TimeProvider.System);
        await ViewAsync("m-1");
        await ViewAsync("m-2");

        await node.SaveAsync();
        var behind = Behind();
        await ViewAsync("m-3");
        await node.SaveAsync();

        Assert.Equal((0, 0), (behind, Behind()));

        int Behind()
        {
            var customer = log.Reader.FindIdentity(node.KeyOf("c-1"))!.Customer;
            return log.Reader.ReadCustomer(customer, log.Reader.LoadSnapshot(customer)?.CustomerSequence ?? 0, 100).Count;
        }

        async Task ViewAsync(string message) =>
            Assert.Equal(1, (await node.IngestAsync([new Touchpoint { CustomerId = "c-1", Type = "view", MessageId = message }])).Value!.Accepted);
    }
}
