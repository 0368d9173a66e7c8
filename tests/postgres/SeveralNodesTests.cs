using PmOrleans.Node.Log;

namespace PmOrleans.Node.Tests.Log;

/// <summary>What nodes that share a store owe each other.</summary>
public sealed class SeveralNodesTests
{
    [LogFact]
    public async Task nodes_that_start_at_once_make_one_store_with_one_secret_and_epochs_of_their_own()
    {
        using var schema = new TestSchema();

        var logs = await Task.WhenAll(Enumerable.Range(1, 6).Select(n => schema.OpenAsync($"n{n}")));

        Assert.Single(logs.Select(log => Convert.ToHexString(log.Secret.Span)).Distinct(StringComparer.Ordinal));
        Assert.Equal(6, logs.Select(log => log.Epoch).Distinct().Count());
        await using var store = await schema.OpenStoreAsync();
        var nodes = await store.NodesAsync();
        Assert.Equal("n1 n2 n3 n4 n5 n6", string.Join(' ', nodes.Select(node => node.Node)));
        Assert.All(nodes, node => Assert.False(node.Sealed));
        foreach (var log in logs) await log.DisposeAsync();
    }

    [LogFact]
    public async Task of_two_processes_under_one_name_the_later_one_writes()
    {
        using var schema = new TestSchema();
        await using var first = await schema.OpenAsync("a");
        await first.AppendAsync(TestRecord.Of(1, 1));

        await using var second = await schema.OpenAsync("a");
        var late = await first.AppendAsync(TestRecord.Of(1, 2));

        Assert.Equal(LogFailureKind.Fenced, late!.Kind);
        Assert.Equal(LogHealth.Fenced, first.Health);
        Assert.Equal(1, second.CommittedSequence);
        Assert.Null(await second.AppendAsync(TestRecord.Of(1, 2)));
        Assert.Equal([1L, 2L], second.Sequences());
    }

    [LogFact]
    public async Task of_all_nodes_that_bring_a_decision_id_or_a_customer_sequence_one_gets_it_in()
    {
        using var schema = new TestSchema();
        const int nodes = 4;
        const int contested = 150;
        var logs = new PostgresNodeLog[nodes];
        for (var n = 0; n < nodes; n++) logs[n] = await schema.OpenUnrescuedAsync($"n{n}");

        var outcomes = await Task.WhenAll(logs.Select((log, node) => Task.Run(async () =>
        {
            // Each node in an order of its own: what two transactions want of each other crosswise.
            var random = new Random(node);
            var records = new List<TestRecord>();
            foreach (var n in Enumerable.Range(1, contested).OrderBy(_ => random.Next()))
            {
                records.Add(TestRecord.Of(1_000 + n, 1));
                records.Add(TestRecord.Of(10_000 * (node + 1) + n, 1, decision: (UInt128)n));
            }

            foreach (var record in records) Assert.True(log.TryAppend(record));
            await log.FlushAsync();
            return records;
        })));

        var all = outcomes.SelectMany(records => records).ToList();
        var committed = all.Where(record => record.Done.Result is null).ToList();
        var others = all.Where(record => record.Done.Result is { } failure
            && failure.Kind != (record.DecisionHash == default ? LogFailureKind.SequenceClash : LogFailureKind.DecisionClash));
        Assert.Empty(others.Select(record => record.Done.Result!.ToString()));
        Assert.Equal(Enumerable.Range(1, contested).Select(n => (UInt128)n), committed.Select(record => record.DecisionHash).Where(hash => hash != default).Order());
        Assert.Equal(contested, committed.Count(record => record.DecisionHash == default));
        Assert.All(logs, log => Assert.Equal(Enumerable.Range(1, (int)log.CommittedSequence).Select(n => (long)n), log.Sequences()));
        Assert.Equal(2 * contested, logs.Sum(log => log.CommittedSequence));
        foreach (var log in logs) await log.DisposeAsync();
    }

    [LogFact]
    public async Task a_customer_erased_by_one_node_takes_nothing_personal_from_another()
    {
        using var schema = new TestSchema();
        await using var first = await schema.OpenAsync("first");
        await using var second = await schema.OpenAsync("second");
        var record = TestRecord.Of(1, 1, decision: 7);
        record.Identity = new IdentityRow(5, record.Customer, new byte[16]);
        await second.AppendAsync(record);

        await first.WriteAsync(work => work.Erase(record.Customer, [new TombstoneRow(5, 9, [1])]));
        var late = await second.AppendAsync(TestRecord.Of(1, 2));
        await second.WriteAsync(work => work.SaveSnapshot(new SnapshotRow(record.Customer, 2, [1], 5)));
        var accounting = await second.AppendAsync(TestRecord.Of(1, 2, personal: ""));

        Assert.Equal(LogFailureKind.Erased, late!.Kind);
        Assert.Null(accounting);
        Assert.All(second.Reader.ReadCustomer(record.Customer, 0, 10), row => Assert.Empty(row.Personal));
        Assert.Null(second.Reader.LoadSnapshot(record.Customer));
        Assert.Null(second.Reader.FindIdentity(5));
        Assert.Null(second.Reader.FindDecision(7));
        Assert.NotNull(second.Reader.FindTombstone(5));
    }

    [LogFact]
    public async Task erasures_under_the_appends_of_all_nodes_leave_nothing_personal()
    {
        using var schema = new TestSchema();
        await using var first = await schema.OpenAsync("first");
        await using var second = await schema.OpenAsync("second");
        using var stop = new CancellationTokenSource();
        var appending = Task.WhenAll(new[] { first, second }.Select((log, node) => Task.Run(async () =>
        {
            for (var n = 1; !stop.IsCancellationRequested; n++)
            {
                // Without a look at what is there: a zombie of every customer.
                for (var customer = 1; customer <= 40; customer++) log.TryAppend(TestRecord.Of(customer, (2 * n) + node));
                await log.FlushAsync();
            }
        })));

        for (var customer = 1; customer <= 40; customer++)
        {
            var eraser = customer % 2 == 0 ? first : second;
            await eraser.WriteAsync(work => work.Erase(TestRecord.Key(customer), []));
        }

        await stop.CancelAsync();
        await appending;
        Assert.Equal(0, schema.Query<long>("SELECT count(*) FROM fact WHERE length(personal)>0"));
        Assert.Equal(40, schema.Query<long>("SELECT max(number) FROM erased"));
        Assert.Equal(LogHealth.Healthy, first.Health);
        Assert.Equal(LogHealth.Healthy, second.Health);
    }

    [LogFact]
    public async Task of_two_publishers_of_one_version_one_wins()
    {
        using var schema = new TestSchema();
        await using var first = await schema.OpenAsync("first");
        await using var second = await schema.OpenAsync("second");

        var publishing = new[] { first, second }.Select((log, n) => log.WriteAsync(work => work.AddCatalog(new CatalogRow(1, 1, $"hash{n}", [1])))).ToList();
        await Task.WhenAll(publishing.Select(task => task.ContinueWith(_ => { }, TaskScheduler.Default)));

        Assert.Equal(1, publishing.Count(task => task.IsCompletedSuccessfully));
        Assert.IsType<InvalidOperationException>(publishing.Single(task => task.IsFaulted).Exception!.InnerException);
        Assert.Equal(1, second.Reader.LatestCatalogVersion());
    }

    [LogFact]
    public async Task a_nodes_own_values_and_checkpoints_are_its_own_and_the_others_are_shared()
    {
        using var schema = new TestSchema();
        await using var first = await schema.OpenAsync("first");
        await using var second = await schema.OpenAsync("second");

        await first.WriteAsync(work =>
        {
            work.SetValue("node.cleanStop", [1]);
            work.SetValue("catalog.registry", [2]);
            work.SaveCheckpoint(new CheckpointRow("ledgers", 4, [3]));
            work.SaveTailStart(9);
            work.SaveSnapshot(new SnapshotRow(TestRecord.Key(1), 1, [], 50));
        });

        Assert.Null(second.Reader.GetValue("node.cleanStop"));
        Assert.Equal([2], second.Reader.GetValue("catalog.registry")!);
        Assert.Null(second.Reader.LoadCheckpoint("ledgers"));
        Assert.Equal(0, second.Reader.TailStart());
        Assert.Empty(second.Reader.DueCustomers(100, 10));
        Assert.NotNull(second.Reader.LoadSnapshot(TestRecord.Key(1)));
        var ofFirst = second.Store.ReaderOf("first");
        Assert.Equal([1], ofFirst.GetValue("node.cleanStop")!);
        Assert.Equal(4, ofFirst.LoadCheckpoint("ledgers")!.Watermark);
        Assert.Equal(9, ofFirst.TailStart());
        Assert.Equal([TestRecord.Key(1)], ofFirst.DueCustomers(100, 10));
    }

    [LogFact]
    public async Task a_sealed_node_is_read_to_its_end_by_another()
    {
        using var schema = new TestSchema();
        await using var dead = await schema.OpenAsync("dead");
        for (var n = 1; n <= 5; n++) await dead.AppendAsync(TestRecord.Of(1, n));
        await using var heir = await schema.OpenAsync("heir");

        var end = await heir.Store.SealAsync("dead", dead.Epoch);
        var late = await dead.AppendAsync(TestRecord.Of(1, 6));

        Assert.Equal(5, end);
        Assert.Equal(LogFailureKind.Fenced, late!.Kind);
        Assert.Equal([1L, 2L, 3L, 4L, 5L], heir.Store.ReaderOf("dead").ReadRange(0, 100).Select(row => row.Sequence));
        Assert.Empty(heir.Store.ReaderOf("nobody").ReadRange(0, 100));
        Assert.Equal([TestRecord.Key(1)], heir.Store.ReaderOf("dead").CustomersWithTail(0));
        Assert.Null(await heir.AppendAsync(TestRecord.Of(1, 6)));
        Assert.Equal(6, heir.Reader.ReadCustomer(TestRecord.Key(1), 0, 100).Count);
    }
}
