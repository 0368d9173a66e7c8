using PmOrleans.Node.Log;
using PmOrleans.Node.Verification;
using static PmOrleans.Node.Tests.Embedded.AttackFolder;

namespace PmOrleans.Node.Tests.Embedded;

public sealed class RestoreTests
{
    private const long Cost = 370_000;
    private const int Affordable = 1_000;

    [Fact]
    public async Task a_backup_made_while_a_node_holds_leases_and_answers_has_what_its_budgets_have_left_to_spend_and_no_more()
    {
        using var folder = new AttackFolder();
        using var target = new AttackFolder();
        var (file, restored) = (Path.Combine(target.Path, "backup.db"), Path.Combine(target.Path, "restored"));
        long epoch;
        await using (var node = await folder.OpenAsync(AttackCatalogs.Budgeted("total: 370, settleOn: decision")))
        {
            epoch = node.Log.Epoch;
            await node.DecideAsync(Request("first", "first"));
            var backup = SqliteStore.BackupAsync(folder.Path, file);
            for (var n = 1; !backup.IsCompleted; n++) await node.DecideAsync(Request($"c-{n}", $"d-{n}"));
            await backup;
            await node.DecideAsync(Request("last", "last"));
        }

        await SqliteStore.RestoreAsync(file, restored);
        await AssertCleanAsync(restored);
        await using (var node = await folder.OpenAsync(configure: options => options with { DataFolder = restored }))
        {
            Assert.True(node.Log.Epoch > epoch);
            Assert.True((await node.DecideAsync(Request("first", "first"))).Value!.Repeated);
            Assert.False((await node.DecideAsync(Request("last", "last"))).Value!.Repeated);
            var spent = (await node.ReadCampaignAsync("c")).Value!.Total!.SettledMicros / Cost;
            Assert.Equal(Affordable, spent + await Demand.DrainAsync(node));
        }

        await AssertCleanAsync(restored);
    }

    private static async Task AssertCleanAsync(string folder)
    {
        var report = await StoreVerifier.VerifyAsync(folder);
        Assert.True(report.IsClean, report.ToText());
    }
}
