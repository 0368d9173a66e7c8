using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Embedded;
using PmOrleans.Node.Engine;
using PmOrleans.Node.Log;
using PmOrleans.Node.Port;
using PmOrleans.Node.Verification;

namespace PmOrleans.Node.Tests.Log;

/// <summary>The whole node over a PostgreSQL store, judged by the verifier.</summary>
public sealed class NodeOverPostgresTests
{
    [LogFact]
    public async Task a_node_decides_learns_erases_and_comes_back()
    {
        using var store = new NodeStore();
        string offer;
        await using (var node = await store.OpenAsync())
        {
            var reply = await node.DecideAsync(Request("d-1", "c-1"));
            offer = reply.Value!.Placements[0].Offers[0].OfferId;
            Assert.Equal(1, (await node.IngestAsync([Click("m-1", "c-1", "d-1")])).Value!.Accepted);
            await node.DecideAsync(Request("d-2", "c-2"));
            Assert.Null((await node.EraseAsync("c-2")).Refusal);
        }

        await using (var node = await store.OpenAsync())
        {
            var again = await node.DecideAsync(Request("d-1", "c-1"));
            var click = await node.IngestAsync([Click("m-1", "c-1", "d-1")]);

            Assert.True(again.Value!.Repeated);
            Assert.Equal(offer, again.Value.Placements[0].Offers[0].OfferId);
            Assert.Equal(1, click.Value!.Duplicates);
            Assert.Contains((await node.ReadDecisionAsync("d-1")).Value!.Outcomes, outcome => outcome.Event == "click");
            Assert.Equal(RefusalKind.NotFound, (await node.ReadCustomerAsync("c-2")).Refusal!.Kind);
        }

        await store.AssertCleanAsync();
    }

    [LogFact]
    public async Task customers_that_come_back_all_at_once_are_who_they_were()
    {
        using var store = new NodeStore();
        Touchpoint View(int customer, int n) => new() { MessageId = $"m-{customer}-{n}", CustomerId = $"c-{customer}", Type = "view" };
        var customers = Enumerable.Range(0, 700).ToList();
        await using (var node = await store.OpenAsync())
        {
            // Some with a tail longer than what comes along with a look.
            foreach (var n in Enumerable.Range(0, 150)) await node.IngestAsync([.. customers.Take(3).Select(customer => View(customer, n))]);
            Assert.Equal(700, (await node.IngestAsync([.. customers.Select(customer => View(customer, 1_000))])).Value!.Accepted);
            Assert.Null((await node.EraseAsync("c-699")).Refusal);
        }

        store.Schema.Execute("DELETE FROM snapshot WHERE customer IN (SELECT customer FROM snapshot ORDER BY customer LIMIT 300)");
        await using (var node = await store.OpenAsync())
        {
            var again = await Task.WhenAll(
                Enumerable.Range(0, 4).Select(_ => node.IngestAsync([.. customers.Select(customer => View(customer, 1_000))]).AsTask()));
            var more = await Task.WhenAll(customers.Take(100).Select(customer => node.IngestAsync([View(customer, 1_001)]).AsTask()));

            Assert.All(again, reply => Assert.Equal((0, 700), (reply.Value!.Accepted, reply.Value.Duplicates)));
            Assert.All(more, reply => Assert.Equal(1, reply.Value!.Accepted));
            Assert.Equal(RefusalKind.NotFound, (await node.ReadCustomerAsync("c-699")).Refusal!.Kind);
            Assert.Equal(152, (await node.ReadFactsAsync("c-2", 0, 500)).Value!.Facts.Count(fact => fact.Touchpoint?.MessageId is not null));
        }

        await store.AssertCleanAsync();
    }

    [LogFact]
    public async Task ids_that_came_into_the_store_behind_a_nodes_back_are_who_they_are()
    {
        using var store = new NodeStore();
        await using (var first = await NodeEngine.StartAsync(await store.Schema.OpenAsync("first"), store.Options, TimeProvider.System))
        await using (var second = await NodeEngine.StartAsync(await store.Schema.OpenAsync("second"), store.Options, TimeProvider.System))
        {
            // The second node has read all ids by then, none of these among them.
            await UntilAsync(() => Task.FromResult(second.KnowsIds));
            Assert.Null((await first.DecideAsync(Request("d-1", "c-1"))).Refusal);
            Assert.Equal(3, (await first.IngestAsync([Click("m-1", "c-1", "d-1"), Click("m-2", "c-2", "none"), Click("m-3", "c-3", "none")])).Value!.Accepted);
            Assert.Null((await first.AddAliasAsync("c-3", "also-c-3")).Refusal);

            var ingested = await second.IngestAsync([Click("m-1", "c-1", "d-1"), Click("m-2", "c-2", "none"), Click("m-4", "c-2", "none"), Click("m-5", "c-5", "none")]);
            var decided = await second.DecideAsync(Request("d-2", "also-c-3"));

            Assert.Equal((2, 2), (ingested.Value!.Accepted, ingested.Value.Duplicates));
            Assert.Null(decided.Refusal);
        }

        var report = await store.AssertCleanAsync();

        Assert.Equal(4, report.Customers);
    }

    [LogFact]
    public async Task what_was_erased_before_a_start_is_still_dropped_after_it_when_new_ids_are_not_asked_for()
    {
        using var store = new NodeStore();
        await using (var node = await store.OpenAsync())
        {
            Assert.Equal(1, (await node.IngestAsync([Click("m-1", "c-1", "none")])).Value!.Accepted);
            Assert.Null((await node.EraseAsync("c-1")).Refusal);
        }

        await using (var engine = await NodeEngine.StartAsync(await store.Schema.OpenAsync("a"), store.Options, TimeProvider.System))
        {
            await UntilAsync(() => Task.FromResult(engine.KnowsIds));
            var again = await engine.IngestAsync([Click("m-1", "c-1", "none"), Click("m-2", "c-2", "none")]);

            Assert.Equal((1, 1), (again.Value!.Accepted, again.Value.Duplicates));
        }

        await store.AssertCleanAsync();
    }

    [LogFact]
    public async Task a_customer_whose_records_are_damaged_is_refused_beside_the_others_of_a_batch_and_can_be_erased()
    {
        using var store = new NodeStore();
        await using (var node = await store.OpenAsync())
        {
            Assert.Equal(2, (await node.IngestAsync([Click("m-1", "c-1", "none"), Click("m-2", "c-2", "none")])).Value!.Accepted);
            Assert.Null((await node.DecideAsync(Request("d-1", "c-1"))).Refusal);
        }

        store.Schema.Execute("DELETE FROM snapshot; UPDATE fact SET personal = decode(repeat('00', length(personal)), 'hex') WHERE decision IS NOT NULL");
        await using (var node = await store.OpenAsync())
        {
            var taken = (await node.IngestAsync([Click("m-3", "c-1", "none"), Click("m-4", "c-2", "none"), Click("m-5", "c-3", "none")])).Value!;
            Assert.Equal((2, 0), (taken.Accepted, Assert.Single(taken.Rejected).Index));
            Assert.Equal(RefusalKind.Unavailable, (await node.DecideAsync(Request("d-2", "c-1"))).Refusal?.Kind);

            Assert.Null((await node.EraseAsync("c-1")).Refusal);
            Assert.Null((await node.DecideAsync(Request("d-3", "c-1"))).Refusal);
        }

        Assert.Equal(1, (await store.AssertCleanAsync()).ErasedCustomers);
    }

    [LogFact]
    public async Task the_look_at_many_customers_planned_in_an_empty_store_scans_no_table_that_has_grown()
    {
        using var store = new NodeStore();
        await using var log = await store.Schema.OpenAsync("a");
        UInt128[] ids = [.. Enumerable.Range(1, 200).Select(n => (UInt128)n)];

        // Prepared, and planned for any ids, long before there are many.
        for (var n = 0; n < 20; n++) log.Reader.ReadCustomers(ids, 10);
        store.Schema.Execute("""
            INSERT INTO identity SELECT gen_random_uuid(), gen_random_uuid(), '\x00112233445566778899aabbccddeeff' FROM generate_series(1, 20000);
            INSERT INTO snapshot SELECT customer, 1, NULL, 1, '\x00' FROM identity;
            """);
        await UntilAsync(() => Task.FromResult(Scans("seq_tup_read") >= 20_000));
        var scanned = Scans("seq_tup_read");
        for (var n = 0; n < 20; n++) log.Reader.ReadCustomers(ids, 10);

        // The server counts some seconds later, both counters of a session at once.
        await UntilAsync(() => Task.FromResult(Scans("idx_scan") >= 40 * ids.Length || Scans("seq_tup_read") > scanned));
        Assert.Equal(scanned, Scans("seq_tup_read"));

        long Scans(string counter) => (long)store.Schema.Query<decimal>($"SELECT sum({counter}) FROM pg_stat_user_tables WHERE schemaname='{store.Schema.Name}' AND relname IN ('identity', 'snapshot')");
    }

    [LogFact]
    public async Task a_dump_of_the_database_restored_elsewhere_is_the_same_store()
    {
        using var store = new NodeStore();
        await using (var node = await store.OpenAsync())
        {
            for (var n = 0; n < 20; n++)
            {
                var decision = await node.DecideAsync(Request($"d-{n}", $"c-{n % 7}"));
                Assert.Null(decision.Refusal);
            }

            Assert.Null((await node.EraseAsync("c-6")).Refusal);

            // While it runs: a dump is one state of the database.
            PostgresServer.Shared.Dump(store.Schema.Name, out var dump);
            using var elsewhere = new PostgresServer();
            elsewhere.Restore(dump);
            await node.DecideAsync(Request("d-later", "c-1"));

            var report = await StoreVerifier.VerifyPostgresAsync(elsewhere.ConnectionString, store.Schema.Name);
            Assert.True(report.IsClean, report.ToText());
            Assert.Equal(20, report.Decisions);
            await using var restored = await EmbeddedNode.OpenAsync(
                store.Options with { Postgres = store.Schema.Options with { ConnectionString = elsewhere.ConnectionString } });
            Assert.True((await restored.DecideAsync(Request("d-3", "c-3"))).Value!.Repeated);
            Assert.Equal(RefusalKind.NotFound, (await restored.ReadDecisionAsync("d-later")).Refusal!.Kind);
            Assert.False((await restored.DecideAsync(Request("d-new", "c-3"))).Value!.Repeated);
        }
    }

    [LogFact]
    public async Task a_node_whose_server_dies_refuses_and_comes_back_with_every_answer_it_gave()
    {
        using var server = new PostgresServer();
        using var store = new NodeStore(connectionString: server.ConnectionString);
        var answered = new List<string>();
        await using (var node = await store.OpenAsync())
        {
            async Task DecideAsync(int n)
            {
                var reply = await node.DecideAsync(Request($"d-{n}", $"c-{n % 20}"));
                if (reply.Refusal is { } refusal)
                {
                    Assert.Equal(RefusalKind.Unavailable, refusal.Kind);
                }
                else
                {
                    lock (answered) answered.Add($"d-{n}");
                }
            }

            var attacks = 0;
            for (var n = 0; n < 400; n += 20)
            {
                var deciding = Enumerable.Range(n, 20).Select(DecideAsync).ToList();
                if (n % 160 == 80)
                {
                    server.Kill();
                    var meetsTheOutage = DecideAsync(100_000 + ++attacks);
                    await UntilAsync(() => Task.FromResult(node.NotReadyReasons.Count > 0));
                    Assert.NotNull((await node.DecideAsync(Request($"gone-{n}", $"c-{n % 20}"))).Refusal);
                    server.Start();
                    await meetsTheOutage;
                }

                await Task.WhenAll(deciding);
            }

            await UntilAsync(async () => (await node.DecideAsync(Request("last", "c-last"))).Refusal is null);
            foreach (var id in answered) Assert.NotNull((await node.ReadDecisionAsync(id)).Value);
        }

        await store.AssertCleanAsync();
    }

    [LogFact]
    public async Task two_nodes_of_one_store_are_verified_as_one_log()
    {
        using var store = new NodeStore();
        for (var round = 0; round < 2; round++)
        {
            await using var first = await NodeEngine.StartAsync(await store.Schema.OpenAsync("first"), store.Options, TimeProvider.System);
            await using var second = await NodeEngine.StartAsync(await store.Schema.OpenAsync("second"), store.Options, TimeProvider.System);
            for (var n = 0; n < 30; n++)
            {
                // In the second round the other node takes the customers over: the first has let go of them, since it was closed.
                var node = (n + round) % 2 == 0 ? first : second;
                Assert.Null((await node.DecideAsync(Request($"d-{round}-{n}", $"c-{n}"))).Refusal);
                Assert.Null((await node.IngestAsync([Click($"m-{round}-{n}", $"c-{n}", $"d-{round}-{n}")])).Refusal);
            }
        }

        var report = await store.AssertCleanAsync();

        Assert.Equal(60, report.Decisions);
        Assert.Equal(30, report.Customers);
        Assert.Contains(report.Notes, note => note.StartsWith("2 nodes", StringComparison.Ordinal));
    }

    [LogTheory]
    [InlineData("DELETE FROM fact WHERE (customer, customer_sequence) IN (SELECT customer, max(customer_sequence) FROM fact WHERE decision IS NOT NULL GROUP BY customer LIMIT 1)", FindingKind.FactLost)]
    [InlineData("DELETE FROM decision WHERE hash=(SELECT hash FROM decision LIMIT 1)", FindingKind.Dangling)]
    [InlineData("INSERT INTO identity SELECT gen_random_uuid(), gen_random_uuid(), ''", FindingKind.Dangling)]
    [InlineData("UPDATE fact SET sequence=2 WHERE sequence=3", FindingKind.FactDoubled)]
    public async Task a_store_that_was_tampered_with_is_found_out(string tampering, FindingKind kind)
    {
        using var store = new NodeStore();
        await using (var node = await store.OpenAsync())
        {
            for (var n = 0; n < 5; n++) await node.DecideAsync(Request($"d-{n}", $"c-{n}"));
        }

        await store.AssertCleanAsync();
        store.Schema.Execute(tampering);
        var report = await StoreVerifier.VerifyPostgresAsync(store.Schema.Options.ConnectionString, store.Schema.Name);

        Assert.Contains(report.Findings, finding => finding.Kind == kind);
    }

    [LogFact]
    public async Task an_erasure_that_the_store_refuses_leaves_the_customer_as_it_was_and_can_be_repeated()
    {
        using var store = new NodeStore();
        await using var node = await store.OpenAsync();
        await node.DecideAsync(Request("d-1", "c-1"));

        store.Schema.RefuseErasures(true);
        var refusal = (await node.EraseAsync("c-1")).Refusal!;

        Assert.Equal(RefusalKind.Unavailable, refusal.Kind);
        Assert.Contains("not now", refusal.Detail, StringComparison.Ordinal);
        Assert.Equal(1, (await node.IngestAsync([Click("m-1", "c-1", "d-1")])).Value!.Accepted);
        Assert.Contains((await node.ReadDecisionAsync("d-1")).Value!.Outcomes, outcome => outcome.Event == "click");
        Assert.Equal(0, (await store.AssertCleanAsync()).ErasedCustomers);

        store.Schema.RefuseErasures(false);
        Assert.Null((await node.EraseAsync("c-1")).Refusal);
        Assert.Equal(RefusalKind.NotFound, (await node.ReadCustomerAsync("c-1")).Refusal!.Kind);
        Assert.Equal(1, (await store.AssertCleanAsync()).ErasedCustomers);
    }

    [LogFact]
    public async Task an_erasure_may_take_longer_than_the_server_usually_may()
    {
        using var schema = new TestSchema();
        await using var log = await schema.OpenAsync(options => ((PostgresLogOptions)options) with { ServerTimeout = TimeSpan.FromSeconds(1) });
        await log.AppendAsync(TestRecord.Of(1, 1));
        schema.Execute("""
            CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(1.5); RETURN NEW; END $$;
            CREATE TRIGGER wait BEFORE INSERT ON tombstone FOR EACH ROW EXECUTE FUNCTION wait();
            """);

        await log.WriteAsync(transaction => transaction.Erase(TestRecord.Key(1), [new TombstoneRow(7, 5, [])]));

        Assert.NotNull(log.Reader.FindTombstone(7));
    }

    private static DecisionRequest Request(string id, string customer) =>
        new() { DecisionId = id, CustomerId = customer, Placements = [new PlacementRequest("p", 1, [])] };

    private static Touchpoint Click(string id, string customer, string decision) =>
        new() { MessageId = id, CustomerId = customer, Type = "click", DecisionId = decision };

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (!await holds()) await Task.Delay(1, timeout.Token);
    }
}
