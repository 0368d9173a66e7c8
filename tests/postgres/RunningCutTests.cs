using System.Collections.Concurrent;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Engine;
using PmOrleans.Node.Log;
using PmOrleans.Node.Port;
using PmOrleans.Node.Retention;
using PmOrleans.Node.Time;
using PmOrleans.Node.Verification;

namespace PmOrleans.Node.Tests.Log;

/// <summary>Nodes that cut their logs while they run are like nodes that do not.</summary>
public sealed class RunningCutTests : IDisposable
{
    private static readonly TimeSpan ByHand = TimeSpan.FromHours(1);
    private static readonly TimeSpan LongEnough = TimeSpan.FromMinutes(3);

    private readonly ClusterLife _life = new(seed: 11);
    private readonly ConcurrentQueue<string> _failures = [];
    private readonly SemaphoreSlim _recount = new(1, 1);

    public void Dispose() => _recount.Dispose();

    [LogFact]
    public async Task a_running_cluster_cuts_its_logs_and_nobody_can_tell()
    {
        await using var cluster = await StartAsync(ByHand, "a", "b", "c");
        await _life.LiveAsync(cluster, 150, "a", "b", "c");
        await cluster.Node("a").EraseAsync("c-3");
        await cluster.DieAsync("c");
        await cluster.TakeOverAsync("c", by: "a");
        cluster.Node("a").WakeFor([cluster.Store.ReaderOf("c")]);
        await _life.LiveAsync(cluster, 150, "a", "b");
        await _life.EndWindowsAsync(cluster.Node("a"));
        await cluster.FoldedAsync();
        await _life.EndWindowsAsync(cluster.Node("a"));

        // What a node tells of others' logs it has learned with its own last report, which may lie before theirs.
        await UntilAsync(async () => await ClusterLife.DescribeAsync(cluster.Node("a")) == await ClusterLife.DescribeAsync(cluster.Node("b")));
        var before = await ClusterLife.DescribeAsync(cluster.Node("b"));
        var whole = await cluster.AssertCleanAsync();

        var report = await CutAsync(cluster, "a");

        Assert.InRange(report.Records, whole.Records / 4, whole.Records - 1);
        var cut = await cluster.AssertCleanAsync();
        Assert.Equal(whole.Records, cut.Records + report.Records);
        Assert.Equal(before, await ClusterLife.DescribeAsync(cluster.Node("b")));
        Assert.Equal(before, await ClusterLife.DescribeAsync(cluster.Node("a")));
        Assert.Contains("have been cut", (await cluster.Node("b").ReadDecisionAsync("d-none")).Refusal!.Detail, StringComparison.Ordinal);

        // Other caps, metrics and goals: everybody is folded anew, from the bases, and the models learn anew from what is left.
        await cluster.PublishAsync("a", ClusterLife.Changed.Replace("goal: { on: click, within: 30m }", "goal: { on: click, within: 45m }", StringComparison.Ordinal));
        await cluster.FollowUntilAsync(() => cluster.Living.All(engine => engine.Refolding.IsDone));
        await _life.LiveAsync(cluster, 80, "a", "b");
        await cluster.AssertCleanAsync();
        Assert.True((await CutAsync(cluster, "a")).Records > 0);
        await cluster.AssertCleanAsync();

        // A node that comes new, and one that comes back.
        await cluster.StopAllAsync();
        foreach (var node in (string[])["c", "b", "d"]) await cluster.StartAsync(node);
        foreach (var gone in (await cluster.Store.NodesAsync()).Where(epoch => epoch is { Node: "a", Sealed: false })) await cluster.Store.SealAsync(gone.Node, gone.Epoch);
        await _life.LiveAsync(cluster, 80, "b", "c", "d");
        await cluster.AssertCleanAsync();
        Assert.True((await CutAsync(cluster, "c")).Records > 0);
        await cluster.AssertCleanAsync();
    }

    [LogTheory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task nodes_that_cut_while_they_answer_publish_erase_pass_customers_on_and_die_lose_nothing(int seed)
    {
        await using var cluster = await StartAsync(TimeSpan.FromMilliseconds(5), "a", "b", "c");
        using var stop = new CancellationTokenSource();
        using var pumping = new CancellationTokenSource();
        string[] nodes = ["a", "b", "c"];
        var load = new CutLoad(cluster, _life.Clock, seed, () => Volatile.Read(ref nodes));
        var (pump, verify) = (PumpAsync(cluster, pumping.Token), VerifyAsync(cluster, stop.Token));
        var working = Enumerable.Range(0, 6).Select(worker => Task.Run(() => load.RunAsync(worker, 120))).ToArray();
        var erasing = EraseAsync(load);

        await load.UntilAsync(150);
        await cluster.PublishAsync("b", ClusterLife.Changed);
        await load.UntilAsync(330);
        await cluster.Store.SealAsync("c", cluster.Node("c").Epoch);
        Volatile.Write(ref nodes, ["a", "b"]);
        await load.LeftAsync("c");
        await pumping.CancelAsync();
        await pump;
        await cluster.DieAsync("c");
        pump = PumpAsync(cluster, stop.Token);
        await cluster.TakeOverAsync("c", by: "a");
        cluster.Node("a").WakeFor([cluster.Store.ReaderOf("c")]);
        await load.UntilAsync(500);
        await cluster.PublishAsync("a", ClusterLife.Shop.Replace("goal: { on: click, within: 30m }", "goal: { on: click, within: 45m }", StringComparison.Ordinal));
        await Task.WhenAll(working);
        await erasing;
        await load.TouchAsync();

        // The models' owner has gone back to where the logs begin: whoever took over tells it again what the dead node wrote.
        await UntilAsync(() => cluster.Living.All(engine => engine.Catalog!.Version == 3));
        await cluster.TakeOverAsync("c", by: "a");
        await UntilAsync(() =>
        {
            _life.Clock.AdvanceTo(_life.Clock.NowMicros() + (long)TimeSpan.FromMinutes(1).TotalMicroseconds);
            return CutTo(cluster) > 300 || !_failures.IsEmpty;
        });
        await stop.CancelAsync();
        await pump;
        Assert.True(await verify > 0);
        Assert.Empty(_failures);

        await load.CheckAsync();
        await cluster.AssertCleanAsync();
        await cluster.StopAllAsync();
        await cluster.AssertCleanAsync();
        await cluster.StartAsync("b");
        await load.CheckAsync();
    }

    [LogFact]
    public async Task a_node_with_a_customer_of_before_the_cut_in_memory_writes_nothing_under_a_number_that_was_cut()
    {
        await using var cluster = await StartAsync(ByHand, "a", "b");
        await ViewAsync(cluster.Node("b"), "c-1", "m-1");
        for (var i = 2; i <= 5; i++) await ViewAsync(cluster.Node("a"), "c-1", $"m-{i}");
        _life.Clock.AdvanceTo(_life.Clock.NowMicros() + (long)TimeSpan.FromDays(9).TotalMicroseconds);
        await ViewAsync(cluster.Node("a"), "c-2", "n-1");
        Assert.True((await CutAsync(cluster, "a")).Records >= 5);

        // Behind the cut for b's own state: its next record would be the second.
        await ViewAsync(cluster.Node("b"), "c-1", "m-6");

        Assert.Equal(6, (await cluster.Node("b").ReadCustomerAsync("c-1")).Value!.Touchpoints.Single().Count);
        await cluster.AssertCleanAsync();
    }

    [LogFact]
    public async Task nothing_is_cut_before_every_process_that_writes_says_that_it_knows_of_it()
    {
        await using var cluster = await StartAsync(Retention(ByHand, knownWithin: TimeSpan.FromMilliseconds(200)), "a");
        await _life.LiveAsync(cluster, 150, "a");
        await using var older = await cluster.Schema.OpenAsync("older");

        var refused = await Assert.ThrowsAsync<NodeLogException>(() => CutAsync(cluster, "a"));

        Assert.Contains($"epoch {older.Epoch}", refused.Message, StringComparison.Ordinal);
        Assert.Equal((0, "2"), (CutTo(cluster), cluster.Schema.Query<string>("SELECT convert_from(value, 'UTF8') FROM meta WHERE key='format'")));
        await older.DisposeAsync();
        await cluster.Store.SealAsync("older", older.Epoch);
        Assert.True((await CutAsync(cluster, "a")).Records > 50);
        await cluster.AssertCleanAsync();
    }

    [LogFact]
    public async Task one_node_cuts_at_a_time_and_another_one_once_that_one_is_sealed()
    {
        await using var cluster = await StartAsync(ByHand, "a", "b");
        await _life.LiveAsync(cluster, 150, "a", "b");
        await SavedAsync(cluster);
        Assert.Null(await cluster.Node("b").Retention!.CutAsync(default));

        await cluster.DieAsync("a");
        await cluster.TakeOverAsync("a", by: "b");
        cluster.Node("b").WakeFor([cluster.Store.ReaderOf("a")]);

        Assert.True((await CutAsync(cluster, "b")).Records > 50);
        await cluster.AssertCleanAsync();
    }

    [LogFact]
    public async Task who_reads_the_whole_store_keeps_a_cut_waiting()
    {
        await using var cluster = await StartAsync(ByHand, "a");
        await _life.LiveAsync(cluster, 150, "a");
        await using (var reading = await cluster.Store.ShareAsync(default))
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => CutAsync(cluster, "a", stop: limit.Token));
            Assert.Equal(0, CutTo(cluster));
        }

        Assert.True((await CutAsync(cluster, "a")).Records > 50);
    }

    [LogFact]
    public async Task a_single_process_over_the_database_cuts_by_itself_while_it_answers()
    {
        using var schema = new TestSchema();
        var catalog = Directory.CreateTempSubdirectory("pmorleans-cut-").FullName;
        await File.WriteAllTextAsync(Path.Combine(catalog, "catalog.yaml"), ClusterLife.Shop);
        var options = new NodeEngineOptions { CatalogFolder = catalog, SnapshotAge = TimeSpan.FromMilliseconds(1), Retention = Retention(TimeSpan.FromMilliseconds(5)) };
        await using (var node = await NodeEngine.StartAsync(await schema.OpenAsync("a"), options, _life.Clock))
        {
            await UntilAsync(async () =>
            {
                for (var i = 0; i < 20; i++) await _life.StepAsync(node);
                return ((PostgresNodeLog)node.Log).Store.CutTo() > 300;
            });
            await node.PublishAsync(ClusterLife.Bundle(ClusterLife.Changed), null);
            var cutTo = ((PostgresNodeLog)node.Log).Store.CutTo();
            await UntilAsync(async () =>
            {
                for (var i = 0; i < 20; i++) await _life.StepAsync(node);
                return ((PostgresNodeLog)node.Log).Store.CutTo() > cutTo + 300;
            });
            Assert.NotNull(node.Retention!.DoneAtMicros);
        }

        Assert.Empty(_failures);
        var verdict = await StoreVerifier.VerifyPostgresAsync(schema.Options.ConnectionString, schema.Name);
        Assert.True(verdict.IsClean, verdict.ToText());
        Directory.Delete(catalog, recursive: true);
    }

    private RetentionOptions Retention(TimeSpan lookEvery, TimeSpan? knownWithin = null) => new()
    {
        Keep = TimeSpan.FromDays(1), KeepAtEnd = TimeSpan.FromHours(1), Every = TimeSpan.FromMinutes(1), LookEvery = lookEvery, RecordsTogether = 40, RecordsPerFile = 200,
        RetryAfter = TimeSpan.FromMilliseconds(50), OnReport = Told, KnownWithin = knownWithin ?? LongEnough,
    };

    private void Told(RetentionReport report)
    {
        if (report.Failure is { } failure) _failures.Enqueue(failure);
    }

    private Task<NodesWithOwners> StartAsync(TimeSpan lookEvery, params string[] nodes) => StartAsync(Retention(lookEvery), nodes);

    private async Task<NodesWithOwners> StartAsync(RetentionOptions retention, params string[] nodes)
    {
        var cluster = new NodesWithOwners
        {
            Time = _life.Clock,
            Configure = (_, options) => options with { SnapshotAge = TimeSpan.FromMilliseconds(1), Retention = retention },
        };
        await cluster.BeginAsync(ClusterLife.Shop, nodes);
        return cluster;
    }

    /// <summary>Has a node cut all that is due, while the others follow and owners save.</summary>
    private static async Task<RetentionReport> CutAsync(NodesWithOwners cluster, string node, CancellationToken stop = default)
    {
        await cluster.FollowUntilAsync(() => cluster.Living.All(engine => engine.Refolding.IsDone));
        await cluster.FoldedAsync();
        await SavedAsync(cluster);
        using var pumping = new CancellationTokenSource();
        var pump = PumpAsync(cluster, pumping.Token);
        try
        {
            using var limit = new CancellationTokenSource(LongEnough);
            while (true)
            {
                limit.Token.ThrowIfCancellationRequested();
                if (await cluster.Node(node).Retention!.CutAsync(stop) is { } report) return report;
            }
        }
        finally
        {
            await pumping.CancelAsync();
            await pump;
        }
    }

    /// <summary>Completes when every record of everybody is in a saved state.</summary>
    private static Task SavedAsync(NodesWithOwners cluster) => UntilAsync(async () =>
    {
        foreach (var node in (await cluster.Store.NodesAsync()).Select(epoch => epoch.Node).Distinct(StringComparer.Ordinal))
        {
            if (await cluster.Store.FirstUnsavedAsync(node, default) < long.MaxValue) return false;
        }

        return true;
    });

    /// <summary>What loops of silos and owners do.</summary>
    private static async Task PumpAsync(NodesWithOwners cluster, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            foreach (var engine in cluster.Living.ToList()) await engine.FollowAsync(default);
            await cluster.Owners.SaveAsync();
            await Task.Delay(5, default(CancellationToken));
        }
    }

    /// <summary>Two customers, again and again: they come back as new ones, which others have in memory at that moment or are just loading.</summary>
    private async Task EraseAsync(CutLoad load)
    {
        for (var i = 0; i < 24; i++)
        {
            await load.UntilAsync(100 + (25 * i));
            await AloneAsync(() => load.EraseAsync(i % 2 == 0 ? "c-3" : "c-7"));
        }
    }

    /// <summary>What is erased beside a recount is not where it was read before.</summary>
    private async Task AloneAsync(Func<Task> work)
    {
        await _recount.WaitAsync();
        try
        {
            await work();
        }
        finally
        {
            _recount.Release();
        }
    }

    private async Task<int> VerifyAsync(NodesWithOwners cluster, CancellationToken stop)
    {
        for (var times = 0; ; times++)
        {
            if (stop.IsCancellationRequested) return times;
            await AloneAsync(async () =>
            {
                var report = await StoreVerifier.VerifyPostgresAsync(cluster.Schema.Options.ConnectionString, cluster.Schema.Name, default);
                Assert.True(report.IsClean, report.ToText());
            });
            await Task.Delay(300, default(CancellationToken));
        }
    }

    private static async Task ViewAsync(IDecisionNode node, string customer, string message) => Assert.Equal(
        1, (await node.IngestAsync([new Touchpoint { CustomerId = customer, Type = "view", MessageId = message }])).Value!.Accepted);

    private static long CutTo(NodesWithOwners cluster) => cluster.Store.CutTo();

    private static Task UntilAsync(Func<bool> holds) => UntilAsync(() => Task.FromResult(holds()));

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        using var limit = new CancellationTokenSource(LongEnough);
        while (!await holds())
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Delay(5, default(CancellationToken));
        }
    }
}
