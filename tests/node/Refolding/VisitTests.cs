using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Engine;
using PmOrleans.Node.Log;
using PmOrleans.Node.Tests.Embedded;
using PmOrleans.Node.Tests.Log;

namespace PmOrleans.Node.Tests.Refolding;

/// <summary>What a sweep that leaves nobody out may believe of a visit.</summary>
public sealed class VisitTests
{
    [Fact]
    public async Task it_is_answered_when_what_the_customer_had_to_say_is_durable_also_where_another_command_said_it()
    {
        using var folder = new AttackFolder();
        var catalog = Directory.CreateDirectory(Path.Combine(folder.Path, "catalog")).FullName;
        await File.WriteAllTextAsync(Path.Combine(catalog, "a.yaml"), AttackCatalogs.Plain + "\nsegments:\n  keen: metrics.views7d >= 2\n");
        var faults = new ScriptedFaults();
        var log = await SqliteNodeLog.OpenAsync(new SqliteLogOptions { Folder = folder.Path, Faults = faults });
        await using var node = await NodeEngine.StartAsync(log, new NodeEngineOptions { CatalogFolder = catalog }, TimeProvider.System);
        Assert.Equal(1, (await ViewAsync(node, "m-1")).Value!.Accepted);

        using var gate = new ManualResetEventSlim();
        var standing = faults.StopAtBegin(gate);
        var entering = ViewAsync(node, "m-2").AsTask();
        await standing.WaitAsync(TimeSpan.FromSeconds(60));
        var visit = node.VisitAsync(node.KeyOf("c-1"));
        var early = visit.IsCompleted;
        gate.Set();

        Assert.False(early);
        Assert.True(await visit);
        Assert.Contains("segmentChange", (await node.ReadFactsAsync("c-1", 0, 100)).Value!.Facts.Select(fact => fact.Kind), StringComparer.Ordinal);
        Assert.Null((await entering).Refusal);
    }

    private static ValueTask<Port.Reply<Port.IngestAnswer>> ViewAsync(NodeEngine node, string message) =>
        node.IngestAsync([new Touchpoint { CustomerId = "c-1", Type = "view", MessageId = message }]);
}
