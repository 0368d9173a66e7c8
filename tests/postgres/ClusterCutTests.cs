using PmOrleans.Node.Embedded;
using PmOrleans.Node.Log;
using PmOrleans.Node.Log.Postgres;
using PmOrleans.Node.Retention;
using PmOrleans.Node.Time;
using PmOrleans.Node.Verification;

namespace PmOrleans.Node.Tests.Log;

/// <summary>The logs of several nodes are cut together, and nobody misses anything who does not ask for it by name.</summary>
public sealed class ClusterCutTests
{
    private readonly ClusterLife _life = new(seed: 7);

    private SimulatedClock Clock => _life.Clock;

    [LogFact]
    public async Task nodes_whose_logs_were_cut_go_on_as_if_they_were_not()
    {
        await using var cluster = await NodesWithOwners.StartAsync(ClusterLife.Shop, Clock, "a", "b", "c");
        await _life.LiveAsync(cluster, 150, "a", "b", "c");
        await cluster.Node("a").EraseAsync("c-3");
        await cluster.DieAsync("c");
        await cluster.TakeOverAsync("c", by: "a");
        await _life.LiveAsync(cluster, 150, "a", "b");
        await _life.EndWindowsAsync(cluster.Node("a"));

        // With the answer to what is told after that, a node knows what all of them have done.
        await cluster.FoldedAsync();
        await _life.EndWindowsAsync(cluster.Node("a"));
        var before = await ClusterLife.DescribeAsync(cluster.Node("a"));
        await cluster.StopAllAsync();
        var whole = await cluster.AssertCleanAsync();

        var report = await CutAsync(cluster);

        Assert.InRange(report.Records, whole.Records / 4, whole.Records - 1);
        var cut = await cluster.AssertCleanAsync();
        Assert.Equal(whole.Records, cut.Records + report.Records);

        // Of the one who was erased nothing is left, once the last record is cut.
        Assert.Equal((whole.Customers - 1, 1, 0), (cut.Customers, whole.ErasedCustomers, cut.ErasedCustomers));
        Assert.Contains(cut.Notes, note => note.Contains("were cut: counted on from the base they left", StringComparison.Ordinal));

        await StartAsync(cluster, "a", "b");
        Assert.Equal(before, await ClusterLife.DescribeAsync(cluster.Node("a")));
        await _life.LiveAsync(cluster, 60, "a", "b");
        await cluster.Node("b").EraseAsync("c-5");
        await cluster.AssertCleanAsync();

        // Other caps and metrics: everybody is folded anew, from the base.
        Assert.True((await cluster.Node("a").PublishAsync(ClusterLife.Bundle(ClusterLife.Changed), null)).Value!.Published);
        await cluster.Node("b").FollowAsync();
        await _life.LiveAsync(cluster, 100, "a", "b");
        await cluster.StopAllAsync();
        await cluster.AssertCleanAsync();

        await CutAsync(cluster);
        await cluster.AssertCleanAsync();
        await StartAsync(cluster, "b", "a", "d");
        await _life.LiveAsync(cluster, 60, "a", "b", "d");
        await cluster.StopAllAsync();
        await cluster.AssertCleanAsync();
    }

    [LogFact]
    public async Task a_cut_that_fails_in_the_midst_of_every_other_transaction_leaves_a_clean_store_and_goes_on()
    {
        await using var cluster = await FilledAsync();
        cluster.Schema.Execute("""
            CREATE SEQUENCE attempts;
            CREATE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                CASE nextval('attempts') % 3
                    WHEN 1 THEN RAISE EXCEPTION 'no';
                    WHEN 2 THEN PERFORM pg_terminate_backend(pg_backend_pid());
                    ELSE NULL;
                END CASE;
                RETURN NULL;
            END $$;
            CREATE TRIGGER fails AFTER INSERT OR UPDATE ON checkpoint FOR EACH ROW WHEN (NEW.projection = 'base') EXECUTE FUNCTION fails();
            """);
        using var export = new TemporaryFolder();
        long records = 0;
        for (var round = 0; ; round++)
        {
            Assert.True(round < 200, "it never comes to an end");
            var ends = 0;
            try
            {
                var report = await CutAsync(cluster, together: 25, export.Path, _ => ends++);
                records = report.CutTo;
                break;
            }
            catch (NodeLogException)
            {
                Assert.InRange(ends, 0, 1);
                await cluster.AssertCleanAsync();
            }
        }

        Assert.True(cluster.Schema.Query<long>("SELECT last_value FROM attempts") >= 12, "too few transactions");
        Assert.Equal(records, cluster.Schema.Query<decimal>("SELECT sum(sequence) FROM cut"));
        cluster.Schema.Execute("DROP TRIGGER fails ON checkpoint; DROP FUNCTION fails; DROP SEQUENCE attempts");
        await cluster.AssertCleanAsync();

        // What was exported is what was cut: every record once, and all of it can be read with the store's keys.
        using var archive = await LogArchive.OpenAsync(export.Path, cluster.Schema.Options.ConnectionString, cluster.Schema.Name);
        var facts = archive.Read(new ArchiveFilter()).ToList();
        Assert.Equal(Enumerable.Range(1, (int)records).Select(n => (long)n), facts.Select(fact => fact.Record).Distinct());
        Assert.All(facts.Where(fact => fact.Customer is not null), fact => Assert.NotNull(fact.View));
        Assert.NotEmpty(archive.Read(new ArchiveFilter { CustomerId = "c-1" }));
        await StartAsync(cluster, "a", "b");
        await _life.LiveAsync(cluster, 30, "a", "b");
        await cluster.AssertCleanAsync();
    }

    [LogFact]
    public async Task a_cut_waits_until_the_server_has_noticed_that_a_node_is_gone()
    {
        using var schema = new TestSchema();
        await (await schema.OpenAsync("a")).DisposeAsync();
        await using var store = await schema.OpenStoreAsync();
        await using var source = StoreConnections.Writer(schema.Options);
        var leaving = await source.OpenConnectionAsync();
        Assert.True(StoreLock.TryShare(leaving, schema.Name));

        var taking = store.TakeAsync(CancellationToken.None);
        const string Tried = "SELECT count(*) FROM pg_stat_activity WHERE state='idle' AND query LIKE '%pg_try_advisory_lock(%' AND pid<>pg_backend_pid()";
        while (!taking.IsCompleted && await store.CountAsync(Tried, default) == 0) await Task.Yield();
        Assert.False(taking.IsCompleted);
        await leaving.DisposeAsync();

        await (await taking).DisposeAsync();
    }

    [LogFact]
    public async Task a_store_that_somebody_has_open_is_not_cut_and_one_that_is_cut_is_not_opened()
    {
        await using var cluster = await FilledAsync();
        await StartAsync(cluster, "b");
        var used = await Assert.ThrowsAsync<NodeLogException>(() => CutAsync(cluster));
        await cluster.StopAllAsync();

        // Of a release that knows of no such lock; it has begun an epoch, and will find it sealed.
        cluster.Schema.Execute("INSERT INTO epoch(node, epoch) SELECT id, nextval('epoch_number') FROM node WHERE name='a'");
        Exception? node = null, verifier = null;
        await CutAsync(cluster, together: 100, onCut: _ =>
        {
            node ??= Record.Exception(() => cluster.Schema.OpenAsync("b").GetAwaiter().GetResult());
            verifier ??= Record.Exception(() => StoreVerifier.VerifyPostgresAsync(cluster.Schema.Options.ConnectionString, cluster.Schema.Name).GetAwaiter().GetResult());
        });

        Assert.Equal(NodeLogError.InUse, used.Error);
        Assert.Equal(NodeLogError.InUse, Assert.IsType<NodeLogException>(node).Error);
        Assert.Equal(NodeLogError.InUse, Assert.IsType<NodeLogException>(verifier).Error);
        Assert.Equal(0, cluster.Schema.Query<long>("SELECT count(*) FROM epoch WHERE NOT sealed"));
        await StartAsync(cluster, "a");
        await cluster.AssertCleanAsync();
    }

    [LogFact]
    public async Task what_owners_had_saved_may_be_lost_after_a_cut_and_models_that_mean_something_else_learn_anew()
    {
        await using var cluster = await FilledAsync();
        await CutAsync(cluster);
        cluster.Schema.Execute("DELETE FROM owner WHERE name<>'campaigns'");

        await StartAsync(cluster, "a", "b");
        await _life.LiveAsync(cluster, 30, "a", "b");
        var report = await cluster.AssertCleanAsync();
        Assert.Equal(ClusterLife.Customers, report.Customers);

        var known = (await cluster.Node("a").ReadPolicyAsync("p")).Value!.Observations;
        Assert.True((await cluster.Node("a").PublishAsync(ClusterLife.Bundle(ClusterLife.Shop.Replace("goal: { on: click, within: 30m }", "goal: { on: click, within: 45m }", StringComparison.Ordinal)), null)).Value!.Published);
        await cluster.Node("b").FollowAsync();
        await _life.LiveAsync(cluster, 30, "a", "b");
        await cluster.Node("a").FoldedAsync();
        await cluster.AssertCleanAsync();
        Assert.InRange((await cluster.Node("a").ReadPolicyAsync("p")).Value!.Observations, 1, known);
    }

    [LogFact]
    public async Task a_store_that_differs_or_is_still_folded_is_left_as_it_is()
    {
        await using var cluster = await FilledAsync();
        cluster.Schema.Execute("DELETE FROM value WHERE key='refold'");
        var folding = await CutAsync(cluster);
        cluster.Schema.Execute("DELETE FROM decision WHERE hash=(SELECT hash FROM decision LIMIT 1)");
        var differs = await CutAsync(cluster);

        Assert.Contains("still to be folded", folding.Refusal, StringComparison.Ordinal);
        Assert.Contains("differs from its recount", differs.Refusal, StringComparison.Ordinal);
        Assert.Equal("2", cluster.Schema.Query<string>("SELECT convert_from(value, 'UTF8') FROM meta WHERE key='format'"));
    }

    [LogTheory]
    [InlineData("UPDATE cut SET sequence=sequence-1 WHERE node=(SELECT min(node) FROM cut)", FindingKind.FactLost)]
    [InlineData("UPDATE snapshot s SET customer_sequence=b.customer_sequence-1 FROM base b WHERE b.customer=s.customer", FindingKind.Dangling)]
    [InlineData("DELETE FROM base WHERE customer=(SELECT customer FROM base LIMIT 1)", FindingKind.FactLost)]
    [InlineData("UPDATE base SET accounting='\\x07' WHERE customer=(SELECT customer FROM base LIMIT 1)", FindingKind.Unreadable)]
    public async Task a_cut_store_that_was_tampered_with_is_found_out(string tampering, FindingKind kind)
    {
        await using var cluster = await FilledAsync();
        await CutAsync(cluster);
        await cluster.AssertCleanAsync();
        cluster.Schema.Execute(tampering);

        var report = await StoreVerifier.VerifyPostgresAsync(cluster.Schema.Options.ConnectionString, cluster.Schema.Name);

        Assert.Contains(report.Findings, finding => finding.Kind == kind);
    }

    [LogFact]
    public async Task the_log_of_a_single_process_is_cut_as_well()
    {
        using var schema = new TestSchema();
        using var catalog = new TemporaryFolder();
        await File.WriteAllTextAsync(Path.Combine(catalog.Path, "catalog.yaml"), ClusterLife.Shop);
        var options = new EmbeddedNodeOptions { CatalogFolder = catalog.Path, Postgres = schema.Options };
        string before;
        await using (var node = await EmbeddedNode.OpenAsync(options, Clock))
        {
            for (var i = 0; i < 200; i++) await _life.StepAsync(node);
            await UntilAsync(() => node.Refolding.IsDone);
            await _life.EndWindowsAsync(node);
            before = await ClusterLife.DescribeAsync(node);
        }

        var report = await ClusterLogCutter.CutAsync(Options(schema, 40));
        Assert.True(report.Records > 50, report.Refusal);
        await using (var node = await EmbeddedNode.OpenAsync(options, Clock))
        {
            Assert.Equal(before, await ClusterLife.DescribeAsync(node));
            for (var i = 0; i < 60; i++) await _life.StepAsync(node);
        }

        var verdict = await StoreVerifier.VerifyPostgresAsync(schema.Options.ConnectionString, schema.Name);
        Assert.True(verdict.IsClean, verdict.ToText());
    }

    private static async Task StartAsync(NodesWithOwners cluster, params string[] nodes)
    {
        foreach (var node in nodes) await cluster.StartAsync(node);

        foreach (var engine in cluster.Living) await engine.FollowAsync();
    }

    private async Task<NodesWithOwners> FilledAsync()
    {
        var cluster = await NodesWithOwners.StartAsync(ClusterLife.Shop, Clock, "a", "b");
        await _life.LiveAsync(cluster, 200, "a", "b");
        await cluster.StopAllAsync();
        return cluster;
    }

    private PostgresCutOptions Options(TestSchema schema, int together) => new()
    {
        ConnectionString = schema.Options.ConnectionString,
        Schema = schema.Name,
        Before = Clock.GetUtcNow() - TimeSpan.FromDays(1),
        KeepDecisionIds = TimeSpan.FromHours(1),
        RecordsTogether = together,
    };

    private Task<LogCutReport> CutAsync(NodesWithOwners cluster, int together = 40, string? export = null, Action<long>? onCut = null) =>
        ClusterLogCutter.CutAsync(Options(cluster.Schema, together) with { ExportFolder = export, OnCut = onCut });

    private static async Task UntilAsync(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (!holds()) await Task.Delay(1, limit.Token);
    }

    private sealed class TemporaryFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("pmorleans-cut-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
