using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Engine;
using PmOrleans.Node.Log;
using PmOrleans.Node.Tests.Embedded;
using PmOrleans.Node.Tests.Log;

namespace PmOrleans.Node.Tests.Customers;

public sealed class VoidCustomerTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task a_customer_with_a_record_that_failed_is_saved_as_of_the_log_though_nobody_asks_again(bool isReleased)
    {
        using var folder = new AttackFolder();
        var catalog = Directory.CreateDirectory(Path.Combine(folder.Path, "catalog")).FullName;
        await File.WriteAllTextAsync(Path.Combine(catalog, "a.yaml"), AttackCatalogs.Plain);
        var faults = new ScriptedFaults();
        var log = await SqliteNodeLog.OpenAsync(new SqliteLogOptions { Folder = folder.Path, Faults = faults });
        await using (var node = await NodeEngine.StartAsync(log, new NodeEngineOptions { CatalogFolder = catalog }, folder.Clock))
        {
            Assert.Null((await ViewAsync(node, "m-1")).Refusal);
            faults.AtCommit = ScriptedFaults.Fail;
            Assert.NotNull((await ViewAsync(node, "m-2")).Refusal);
            faults.Disarm();
            await log.UntilHealthyAsync();
            if (isReleased)
            {
                await node.ReleaseAsync(node.KeyOf("c-1"));
            }

            await node.SaveAsync();

            Assert.Equal(log.CommittedSequence + 1, log.Reader.TailStart());
            Assert.Equal(1, log.Reader.LoadSnapshot(log.Reader.FindIdentity(node.KeyOf("c-1"))!.Customer)?.CustomerSequence);
            Assert.Equal(1, (await ViewAsync(node, "m-2")).Value?.Accepted);
        }

        await folder.AssertCleanAsync();
    }

    private static ValueTask<Port.Reply<Port.IngestAnswer>> ViewAsync(NodeEngine node, string message) =>
        node.IngestAsync([new Touchpoint { CustomerId = "c-1", Type = "view", MessageId = message }]);
}
