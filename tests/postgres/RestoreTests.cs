using PmOrleans.Node.Log;
using PmOrleans.Node.Verification;

namespace PmOrleans.Node.Tests.Log;

/// <summary>A store is backed up while nodes hold leases and answer, and is restored and opened.</summary>
public sealed class RestoreTests
{
    private const long Cost = 370_000;
    private const int Affordable = 4_000;
    private const string Catalog = """
        catalog: { currency: EUR }
        policies:
          default: { goal: { on: click, within: 30m }, exploration: { kind: epsilonGreedy, epsilon: 0.5, floor: 0.1 } }
        placements:
          p: { channel: web, slots: 1, fallback: { offer: f, content: {} } }
        campaigns:
          c:
            budget: { total: 1480, settleOn: decision }
            offers:
              a: { placements: [p], value: 100000, cost: 0.37, content: {} }
        """;

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
        await cluster.BeginAsync(Catalog, name);
        Assert.All(epochs, epoch => Assert.True(epoch.Epoch < cluster.Node(name).Epoch));
        foreach (var epoch in epochs) await cluster.Store.SealAsync(epoch.Node, epoch.Epoch);
        foreach (var epoch in epochs) await cluster.TakeOverAsync(epoch.Node, epoch.Epoch, by: name);
        var spent = (await cluster.Node(name).ReadCampaignAsync("c")).Value!.Total!.SettledMicros / Cost;

        Assert.InRange(spent, 12, Affordable - 1);
        Assert.Equal(Affordable, spent + await cluster.SpendAsync(name));
        await cluster.AssertCleanAsync();
    }

    /// <returns>The schema's name, and the epochs under which the nodes may write as far as the backup says.</returns>
    private static async Task<(string Schema, IReadOnlyList<NodeEpoch> Epochs)> BackUpAsync(PostgresServer elsewhere)
    {
        await using var cluster = await NodesWithOwners.StartAsync(Catalog, "a", "b");
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
