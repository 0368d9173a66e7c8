using System.Text.Json;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Catalog;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Node.Embedded;
using PmOrleans.Node.Engine;
using PmOrleans.Node.Log;
using PmOrleans.Node.Retention;
using PmOrleans.Node.Time;
using PmOrleans.Node.Verification;

namespace PmOrleans.Node.Tests.Log;

/// <summary>The logs of several nodes are cut together, and nobody misses anything who does not ask for it by name.</summary>
public sealed class ClusterCutTests
{
    private const int Customers = 12;

    private const string Shop = """
        catalog: { currency: EUR, capHold: 15m }
        attributes:
          tier: { type: string }
        metrics:
          views7d: count(view) over 7d
          spend30d: sum(purchase.value) over 30d
          latest: last(view.sku) over 60d
        segments:
          curious: metrics.views7d > 1
          spender: { rule: metrics.spend30d > 100.0, sums: [metrics.spend30d, counts.purchase] }
        policies:
          default: { goal: { on: click, within: 30m }, exploration: { kind: epsilonGreedy, epsilon: 0.5, floor: 0.1 } }
        placements:
          p: { channel: web, slots: 2, fallback: { offer: f, content: {} } }
        suppression: [ { on: dismiss, per: campaign, pause: 1h } ]
        experiments:
          e: { share: 0.8, variants: { x: { weight: 0.5 }, y: { weight: 0.5, without: [b] } } }
        campaigns:
          c:
            budget: { total: 900, daily: 40, settleOn: click, reserve: full }
            caps: [ { event: impression, limit: 3, within: 2d, per: campaign }, { event: decision, limit: 9, within: 1d, per: offer } ]
            offers:
              a: { placements: [p], value: 1000, cost: 0.37, content: {} }
              b: { placements: [p], value: 1000, cost: 0.37, content: {} }
        """;

    private static readonly string Changed = Shop
        .Replace("limit: 3, within: 2d", "limit: 4, within: 3d", StringComparison.Ordinal)
        .Replace("latest: last(view.sku) over 60d", "buys400d: count(purchase) over 400d", StringComparison.Ordinal);

    private static readonly DateTimeOffset Start = new(2026, 11, 1, 10, 0, 0, TimeSpan.Zero);
    private static readonly JsonSerializerOptions Plain = new()
    {
        IncludeFields = true, NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    private readonly SimulatedClock _clock = new(Start);
    private readonly Random _random = new(7);
    private int _requests;

    [LogFact]
    public async Task nodes_whose_logs_were_cut_go_on_as_if_they_were_not()
    {
        await using var cluster = await NodesWithOwners.StartAsync(Shop, _clock, "a", "b", "c");
        await LiveAsync(cluster, 150, "a", "b", "c");
        await cluster.Node("a").EraseAsync("c-3");
        await cluster.DieAsync("c");
        await cluster.TakeOverAsync("c", by: "a");
        await LiveAsync(cluster, 150, "a", "b");
        await EndWindowsAsync(cluster.Node("a"));

        // With the answer to what is told after that, a node knows what all of them have done.
        await cluster.FoldedAsync();
        await EndWindowsAsync(cluster.Node("a"));
        var before = await DescribeAsync(cluster.Node("a"));
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
        Assert.Equal(before, await DescribeAsync(cluster.Node("a")));
        await LiveAsync(cluster, 60, "a", "b");
        await cluster.Node("b").EraseAsync("c-5");
        await cluster.AssertCleanAsync();

        // Other caps and metrics: everybody is folded anew, from the base.
        Assert.True((await cluster.Node("a").PublishAsync(Bundle(Changed), null)).Value!.Published);
        await cluster.Node("b").FollowAsync();
        await LiveAsync(cluster, 100, "a", "b");
        await cluster.StopAllAsync();
        await cluster.AssertCleanAsync();

        await CutAsync(cluster);
        await cluster.AssertCleanAsync();
        await StartAsync(cluster, "b", "a", "d");
        await LiveAsync(cluster, 60, "a", "b", "d");
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
        await LiveAsync(cluster, 30, "a", "b");
        await cluster.AssertCleanAsync();
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
        await LiveAsync(cluster, 30, "a", "b");
        var report = await cluster.AssertCleanAsync();
        Assert.Equal(Customers, report.Customers);

        var known = (await cluster.Node("a").ReadPolicyAsync("p")).Value!.Observations;
        Assert.True((await cluster.Node("a").PublishAsync(Bundle(Shop.Replace("goal: { on: click, within: 30m }", "goal: { on: click, within: 45m }", StringComparison.Ordinal)), null)).Value!.Published);
        await cluster.Node("b").FollowAsync();
        await LiveAsync(cluster, 30, "a", "b");
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
        await File.WriteAllTextAsync(Path.Combine(catalog.Path, "catalog.yaml"), Shop);
        var options = new EmbeddedNodeOptions { CatalogFolder = catalog.Path, Postgres = schema.Options };
        string before;
        await using (var node = await EmbeddedNode.OpenAsync(options, _clock))
        {
            for (var i = 0; i < 200; i++) await StepAsync(node);
            await UntilAsync(() => node.Refolding.IsDone);
            await EndWindowsAsync(node);
            before = await DescribeAsync(node);
        }

        var report = await ClusterLogCutter.CutAsync(Options(schema, 40));
        Assert.True(report.Records > 50, report.Refusal);
        await using (var node = await EmbeddedNode.OpenAsync(options, _clock))
        {
            Assert.Equal(before, await DescribeAsync(node));
            for (var i = 0; i < 60; i++) await StepAsync(node);
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
        var cluster = await NodesWithOwners.StartAsync(Shop, _clock, "a", "b");
        await LiveAsync(cluster, 200, "a", "b");
        await cluster.StopAllAsync();
        return cluster;
    }

    private PostgresCutOptions Options(TestSchema schema, int together) => new()
    {
        ConnectionString = schema.Options.ConnectionString,
        Schema = schema.Name,
        Before = _clock.GetUtcNow() - TimeSpan.FromDays(1),
        KeepDecisionIds = TimeSpan.FromHours(1),
        RecordsTogether = together,
    };

    private Task<LogCutReport> CutAsync(NodesWithOwners cluster, int together = 40, string? export = null, Action<long>? onCut = null) =>
        ClusterLogCutter.CutAsync(Options(cluster.Schema, together) with { ExportFolder = export, OnCut = onCut });

    /// <summary>Requests over days, each on any of the nodes: customers move, and their records lie in several logs.</summary>
    private async Task LiveAsync(NodesWithOwners cluster, int requests, params string[] nodes)
    {
        for (var i = 0; i < requests; i++)
        {
            var node = cluster.Node(nodes[_random.Next(nodes.Length)]);
            var customer = await StepAsync(node);
            await node.ReleaseAsync(node.KeyOf(customer));
        }
    }

    private async Task<string> StepAsync(Port.IDecisionNode node)
    {
        _clock.AdvanceTo(_clock.NowMicros() + (long)(TimeSpan.FromMinutes(50) * _random.NextDouble()).TotalMicroseconds);
        var (customer, id) = ($"c-{_random.Next(Customers)}", $"{_requests++}");
        switch (_random.Next(7))
        {
            case < 3:
                Assert.Null((await node.DecideAsync(new DecisionRequest { DecisionId = "d-" + id, CustomerId = customer, Placements = [new PlacementRequest("p", 2, [])] })).Refusal);
                await SendAsync(_random.Next(4) == 0 ? "dismiss" : "impression", "i-" + id);
                if (_random.Next(2) == 0) await SendAsync("click", "k-" + id);
                break;
            case 3:
                await SendAsync("purchase", "p-" + id, _random.Next(1, 400) * 250_000L);
                break;
            default:
                await SendAsync("view", "v-" + id);
                break;
        }

        return customer;

        async Task SendAsync(string type, string message, long? value = null) => Assert.Equal(1, (await node.IngestAsync([new Touchpoint
        {
            CustomerId = customer,
            Type = type,
            MessageId = message,
            DecisionId = type is "view" or "purchase" ? null : "d-" + id,
            ValueMicros = value,
            Properties = type == "view" ? [new Property("sku", PropertyValue.Of($"s-{_random.Next(9)}"))] : [],
        }])).Value!.Accepted);
    }

    /// <summary>What time has ended is told with the next touchpoint at the latest: then nothing is left that a loop might come to sooner or later.</summary>
    private async Task EndWindowsAsync(Port.IDecisionNode node)
    {
        _clock.AdvanceTo(_clock.NowMicros() + (long)TimeSpan.FromHours(3).TotalMicroseconds);
        for (var i = 0; i < Customers; i++)
        {
            Assert.Equal(1, (await node.IngestAsync([new Touchpoint { CustomerId = $"c-{i}", Type = "view", MessageId = $"end-{i}-{_clock.NowMicros()}" }])).Value!.Accepted);
            if (node is NodeEngine engine) await engine.ReleaseAsync(engine.KeyOf($"c-{i}"));
        }
    }

    /// <summary>All that a node tells of its customers and of what is counted.</summary>
    private static async Task<string> DescribeAsync(Port.IDecisionNode node)
    {
        var lines = new List<string>();
        for (var i = 0; i < Customers; i++)
        {
            lines.Add(JsonSerializer.Serialize((await node.ReadCustomerAsync($"c-{i}")).Value, Plain));
            if (node is NodeEngine engine) await engine.ReleaseAsync(engine.KeyOf($"c-{i}"));
        }

        if (node is NodeEngine shared) await shared.FoldedAsync();
        lines.AddRange((await node.ReadCampaignsAsync()).Value!.Select(view => JsonSerializer.Serialize(view.Offers, Plain)));
        lines.AddRange((await node.ReadExperimentsAsync()).Value!.Select(view => JsonSerializer.Serialize(view with { Watermark = 0 }, Plain)));
        return string.Join('\n', lines);
    }

    private static ReadOnlyMemory<byte> Bundle(string yaml)
    {
        var bag = new DiagnosticBag();
        return CatalogBundle.Of([new CatalogFile("a.yaml", yaml)], bag)?.Bytes ?? throw new InvalidOperationException(string.Join('\n', bag.ToList()));
    }

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
