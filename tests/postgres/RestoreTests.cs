using PmOrleans.Node.Log;
using PmOrleans.Node.Verification;

namespace PmOrleans.Node.Tests.Log;

/// <summary>A store is backed up while nodes hold leases and answer, and is restored and opened.</summary>
public sealed class RestoreTests
{
    private const int Affordable = 4_000;

    [LogTheory]
    [InlineData("a")]
    [InlineData("new")]
    public async Task nodes_over_a_restored_store_spend_what_its_budgets_have_left_to_the_last_and_no_more(string name)
    {
        using var elsewhere = new PostgresServer();
        var (schema, epochs) = await BackUpAsync(elsewhere);
        var report = await StoreVerifier.VerifyPostgresAsync(elsewhere.ConnectionString, schema);
        Assert.True(report.IsClean, report.ToText());

        await using var cluster = new NodesWithOwners { Schema = new TestSchema(elsewhere.ConnectionString) { Name = schema }, DecisionsBefore = 1_000_000 };
        await cluster.BeginAsync(SpendCatalog.Of(Affordable), name);
        Assert.All(epochs, epoch => Assert.True(epoch.Epoch < cluster.Node(name).Epoch));
        foreach (var epoch in epochs) await cluster.Store.SealAsync(epoch.Node, epoch.Epoch);
        foreach (var epoch in epochs) await cluster.TakeOverAsync(epoch.Node, epoch.Epoch, by: name);
        var spent = (await cluster.Node(name).ReadCampaignAsync("c")).Value!.Total!.SettledMicros / SpendCatalog.CostMicros;

        Assert.InRange(spent, 12, Affordable - 1);
        Assert.Equal(Affordable, spent + await cluster.SpendAsync(name));
        await cluster.AssertCleanAsync();
    }

    /// <returns>The schema's name, and the epochs under which the nodes may write as far as the backup says.</returns>
    private static async Task<(string Schema, IReadOnlyList<NodeEpoch> Epochs)> BackUpAsync(PostgresServer elsewhere)
    {
        await using var cluster = await NodesWithOwners.StartAsync(SpendCatalog.Of(Affordable), "a", "b");
        await cluster.DecideAsync("a", "b");
        await cluster.Owners.SaveAsync();
        var backup = Task.Run(() =>
        {
            PostgresServer.Shared.Dump(cluster.Schema.Name, out var file);
            return file;
        });
        for (var n = 0; n < 150 && !backup.IsCompleted; n++) await cluster.DecideAsync("a", "b");
        elsewhere.Restore(await backup);
        return (cluster.Schema.Name, await cluster.Store.NodesAsync());
    }
}
