using PmOrleans.Node.Port;
using SQLitePCL;
using static PmOrleans.Node.Tests.Embedded.AttackFolder;

namespace PmOrleans.Node.Tests.Embedded;

/// <summary>P3, P8 and P9 against a real disk: one that is full, one whose database somebody else has locked, and the order of writes and answers.</summary>
public sealed class RealDiskTests
{
    [FullDiskFact]
    public async Task a_disk_that_is_full_refuses_with_an_outage_and_once_there_is_room_nothing_answered_is_missing()
    {
        using var folder = new AttackFolder();
        using var disk = SmallDisk.Mount(folder.Path, megabytes: 8);
        var ballast = Path.Combine(folder.Path, "ballast");
        var answered = new List<string>();
        await using (var node = await OpenAsync(folder))
        {
            await AnswerAsync(node, "before", answered);
            SmallDisk.Fill(ballast);

            var refused = await RefusedAsync(node);
            Assert.Equal(RefusalKind.Unavailable, refused.Kind);
            Assert.NotNull(refused.RetryAfter);
            Assert.Contains("the log cannot be written", node.NotReadyReasons, StringComparer.Ordinal);
            Assert.Contains("disk is full", node.NotReadyReasons[^1], StringComparison.Ordinal);

            File.Delete(ballast);
            await BudgetAttackTests.WritableAsync(node);
            await AnswerAsync(node, "after", answered);
            Assert.Empty(node.NotReadyReasons);
        }

        await folder.AssertCleanAsync();
        await using var again = await folder.OpenAsync();
        foreach (var decision in answered)
        {
            Assert.Null((await again.ReadDecisionAsync(decision)).Refusal);
        }
    }

    [Fact]
    public async Task a_database_that_somebody_else_has_locked_refuses_with_an_outage_and_serves_again_when_it_is_free()
    {
        using var folder = new AttackFolder();
        var answered = new List<string>();
        await using (var node = await OpenAsync(folder))
        {
            await AnswerAsync(node, "before", answered);
            using (Lock(folder))
            {
                var end = node.Log.CommittedSequence;
                var refusal = (await node.DecideAsync(Request("c-1", "locked"))).Refusal!;
                Assert.Equal(RefusalKind.Unavailable, refusal.Kind);
                Assert.Equal(end, node.Log.CommittedSequence);
            }

            await BudgetAttackTests.WritableAsync(node);
            await AnswerAsync(node, "after", answered);
            Assert.Equal(RefusalKind.NotFound, (await node.ReadDecisionAsync("locked")).Refusal!.Kind);
        }

        Assert.Equal(answered.Count, (await folder.AssertCleanAsync()).Decisions);
    }

    [StraceFact]
    public async Task no_answer_leaves_before_its_record_was_written_and_synced()
    {
        using var folder = new AttackFolder();
        using var trace = new AttackFolder();
        var file = Path.Combine(trace.Path, "trace");
        using (var child = NodeProcess.StartTraced(folder.Path, AttackCatalogs.Plain, file))
        {
            await child.StandardOutput.ReadToEndAsync().WaitAsync(TimeSpan.FromMinutes(5));
            await child.WaitForExitAsync();
        }

        var (answers, early) = SystemCalls.AnswersAndThoseBeforeTheirSync(File.ReadLines(file));

        Assert.Equal(NodeProcess.TracedAnswers, answers);
        Assert.Equal(0, early);
    }

    private static Task<Node.Embedded.EmbeddedNode> OpenAsync(AttackFolder folder) => folder.OpenAsync(
        AttackCatalogs.Budgeted("total: 700, settleOn: click, reserve: full"),
        options => options with
        {
            ConfigureLog = log => log with { BusyTimeout = TimeSpan.FromMilliseconds(20), MaxBackOff = TimeSpan.FromMilliseconds(20) },
        });

    private static async Task AnswerAsync(Node.Embedded.EmbeddedNode node, string name, List<string> answered)
    {
        for (var i = 0; i < 20; i++)
        {
            Assert.Null((await node.DecideAsync(Request($"c-{i % 4}", $"{name}-{i}"))).Refusal);
            answered.Add($"{name}-{i}");
        }
    }

    /// <summary>The write-ahead log may have room inside its file for a while; it is not endless.</summary>
    private static async Task<Refusal> RefusedAsync(Node.Embedded.EmbeddedNode node)
    {
        for (var i = 0; i < 50_000; i++)
        {
            if ((await node.IngestAsync([Event($"c-{i % 4}", "view")])).Refusal is { } refusal)
            {
                return refusal;
            }
        }

        throw new InvalidOperationException("a full disk took everything in");
    }

    private static sqlite3 Lock(AttackFolder folder)
    {
        Batteries_V2.Init();
        Assert.Equal(raw.SQLITE_OK, raw.sqlite3_open(Path.Combine(folder.Path, "node.db"), out var database));
        raw.sqlite3_busy_timeout(database, 30_000);
        Assert.Equal(raw.SQLITE_OK, raw.sqlite3_exec(database, "BEGIN IMMEDIATE"));
        return database;
    }
}
