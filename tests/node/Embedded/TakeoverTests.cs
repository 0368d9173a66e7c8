using PmOrleans.Node.Embedded;
using PmOrleans.Node.Log;
using PmOrleans.Node.Port;
using PmOrleans.Node.Tests.Log;
using static PmOrleans.Node.Tests.Embedded.AttackFolder;

namespace PmOrleans.Node.Tests.Embedded;

/// <summary>A node whose log was taken over, or whose last moments a power cut took: P2 and P3 with somebody else going on.</summary>
public sealed class TakeoverTests
{
    private const long Cost = 370_000;

    [Fact]
    public async Task a_node_whose_epoch_was_sealed_refuses_everything_and_says_so()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(AttackCatalogs.Budgeted("total: 740, settleOn: decision")))
        {
            Assert.Single(Offers(await node.DecideAsync(Request("c-1", "d-1"))));

            // What a frozen process finds when it wakes up.
            SqliteStore.Seal(folder.Path, node.Log.Epoch);

            Assert.Equal(RefusalKind.Unavailable, (await node.DecideAsync(Request("c-1", "d-2"))).Refusal!.Kind);
            Assert.Equal(RefusalKind.Unavailable, (await node.IngestAsync([Event("c-1", "view", "m-1")])).Refusal!.Kind);
            Assert.Equal(RefusalKind.Unavailable, (await node.EraseAsync("c-1")).Refusal!.Kind);
            Assert.Equal(RefusalKind.Unavailable, (await node.SetPausedAsync("c", true)).Refusal!.Kind);
            Assert.Equal(RefusalKind.Unavailable, node.Admit(100)!.Kind);
            Assert.Contains("another process has taken over this log", node.NotReadyReasons, StringComparer.Ordinal);
        }

        await folder.AssertCleanAsync();
        await using var successor = await folder.OpenAsync();
        Assert.True((await successor.DecideAsync(Request("c-1", "d-1"))).Value!.Repeated);
        Assert.Single(Offers(await successor.DecideAsync(Request("c-1", "d-2"))));
        Assert.Equal(2 * Cost, (await successor.ReadCampaignAsync("c")).Value!.Total!.SettledMicros);
    }

    [Theory]
    [InlineData(CommitMode.Async)]
    [InlineData(CommitMode.Sync)]
    public async Task after_a_power_cut_under_asynchronous_commits_what_was_answered_and_lost_is_never_spent_again(CommitMode next)
    {
        using var folder = new AttackFolder();
        using var cut = new AttackFolder();
        var answered = 0;
        await using (var node = await folder.OpenAsync(AttackCatalogs.Budgeted("total: 74, settleOn: decision"), Async))
        {
            answered += await ServeAsync(node, "before", 20);
            var durable = new FileInfo(Wal(folder)).Length;
            answered += await ServeAsync(node, "lost", 30);
            CopyCut(folder, cut, durable);
        }

        var left = 0;
        await using (var node = await cut.OpenAsync(configure: options => Async(options) with { Commit = next }))
        {
            Assert.Equal(RefusalKind.NotFound, (await node.ReadDecisionAsync("lost-29")).Refusal!.Kind);
            for (var round = 0; round < 20; round++)
            {
                left += await ServeAsync(node, $"after-{round}", 10);
            }

            var total = (await node.ReadCampaignAsync("c")).Value!.Total!;
            Assert.Equal(total.BudgetMicros, total.SettledMicros + total.ReservedMicros + total.LeasedMicros + total.FreeMicros);
            Assert.True(total.FreeMicros >= 0, $"{total}");
        }

        Assert.Equal(50, answered);
        Assert.True((answered + left) * Cost <= 74_000_000, $"{answered} answered before the cut and {left} after it are more than the budget");
        await cut.AssertCleanAsync();
    }

    [Fact]
    public async Task an_orderly_stop_under_asynchronous_commits_leaves_all_that_is_unspent()
    {
        using var folder = new AttackFolder();
        var served = 0;
        await using (var node = await folder.OpenAsync(AttackCatalogs.Budgeted("total: 74, settleOn: decision"), Async))
        {
            served += await ServeAsync(node, "before", 20);
        }

        await using (var node = await folder.OpenAsync(configure: Async))
        {
            served += await Demand.DrainAsync(node);
        }

        Assert.Equal(200, served);
        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task a_campaign_that_moves_to_another_zone_and_back_spends_no_day_twice()
    {
        using var folder = new AttackFolder();
        static string In(string zone) => AttackCatalogs.Budgeted("daily: 7.4, settleOn: decision").Replace("  c:\n", $"  c:\n    zone: {zone}\n", StringComparison.Ordinal);
        await using (var node = await folder.OpenAsync(In("UTC")))
        {
            // 20:00 of the 21st in UTC is the 22nd in Shanghai.
            folder.Pass(TimeSpan.FromHours(10));
            Assert.Equal(20, await Demand.DrainAsync(node));
            await PublishAsync(node, In("Asia/Shanghai"));
            Assert.Equal(20, await Demand.DrainAsync(node));
            await PublishAsync(node, In("UTC"));
            Assert.Equal(0, await Demand.DrainAsync(node));
            Assert.Equal(20 * Cost, (await node.ReadCampaignAsync("c")).Value!.Today!.SettledMicros);

            // Midnight in UTC: the 22nd, of which Shanghai has spent everything.
            folder.Pass(TimeSpan.FromHours(4));
            Assert.Equal(0, await Demand.DrainAsync(node));
            folder.Pass(TimeSpan.FromHours(24));
            Assert.Equal(20, await Demand.DrainAsync(node));
        }

        await folder.AssertCleanAsync();
    }

    private static EmbeddedNodeOptions Async(EmbeddedNodeOptions options) => options with
    {
        Commit = CommitMode.Async,
        ConfigureLog = log => log with { FlushInterval = TimeSpan.FromHours(1) },
    };

    private static async Task<int> ServeAsync(EmbeddedNode node, string name, int requests)
    {
        var served = 0;
        for (var i = 0; i < requests; i++)
        {
            served += Offers(await node.DecideAsync(Request($"c-{name}-{i}", $"{name}-{i}"))).Length;
        }

        return served;
    }

    private static string Wal(AttackFolder folder) => Path.Combine(folder.Path, "node.db-wal");

    /// <summary>The files as a power cut leaves them: of the write-ahead log only the first bytes.</summary>
    private static void CopyCut(AttackFolder from, AttackFolder to, long walBytes)
    {
        File.WriteAllBytes(Path.Combine(to.Path, "node.db"), TestFolder.ReadShared(Path.Combine(from.Path, "node.db")));
        File.WriteAllBytes(Wal(to), TestFolder.ReadShared(Wal(from))[..(int)walBytes]);
    }
}
