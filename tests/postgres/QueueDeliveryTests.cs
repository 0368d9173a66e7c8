using Npgsql;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Customers;
using PmOrleans.Node.Log.Postgres;
using PmOrleans.Node.Port;
using PmOrleans.Node.Queue;

namespace PmOrleans.Node.Tests.Log;

/// <summary>How the queue is read, what a delivery that goes wrong does to others, and what an operator can do.</summary>
public sealed class QueueDeliveryTests
{
    private static readonly Refusal Away = new(RefusalKind.Unavailable, "away");

    [LogFact]
    public async Task a_few_who_are_never_reached_do_not_close_the_queue_for_the_others()
    {
        using var schema = new TestSchema();
        await using var node = await QueueNode.StartAsync(
            schema, options: new QueueOptions { MaxAge = TimeSpan.FromMilliseconds(50), MaxLate = 2, RetryPause = TimeSpan.FromMilliseconds(10) });
        node.Deliver = async touchpoints => touchpoints[0].CustomerId == "away" ? Away : await node.Engine.IngestAsync(touchpoints);
        node.Begin();
        await node.QueueAsync(View("away", 0), View("away", 1));
        await QueueNode.UntilAsync(() => Task.FromResult(node.Queue.Backlog.Late == 2));

        await node.QueueAsync(View("c-1", 0), View("away", 2));
        await QueueNode.UntilAsync(async () => await node.HistoryAsync("c-1") == "c-1/0");
        await QueueNode.UntilAsync(() => Task.FromResult(node.Queue.Backlog.Late == 3));

        Assert.Equal(RefusalKind.Overloaded, (await node.Engine.QueueAsync([View("c-1", 1)])).Refusal?.Kind);
    }

    [LogFact]
    public async Task pauses_double_with_each_outage_and_each_failure_in_a_row()
    {
        using var schema = new TestSchema();
        await using var node = await QueueNode.StartAsync(schema, options: new QueueOptions { RetryPause = TimeSpan.FromMilliseconds(400), MaxAttempts = 100 });
        await node.QueueAsync(View("c-1", 0));
        await node.Queue.TakeAsync([.. Enumerable.Range(0, QueueShare.Parts).Select(part => (short)part)]);
        var rows = await node.Queue.ReadAsync([.. Enumerable.Range(0, QueueShare.Parts).Select(part => (short)part)], [], 1);
        Func<Reply<IngestAnswer>> answer = () => Away;
        var customer = new CustomerDelivery(node.Queue, _ => new(answer()), node);

        Assert.Equal([400, 800, 1600, 3200, 5000, 5000], await PausesAsync(6));
        answer = () => throw new NodeUnavailableException("away");
        Assert.Equal([5000], await PausesAsync(1));
        answer = () => throw new InvalidOperationException("a fault");
        Assert.Equal([400, 800, 1600, 3200, 5000, 5000], await PausesAsync(6));
        answer = () => new IngestAnswer(1, 0, 0, []);
        Assert.Equal([0], await PausesAsync(1));
        answer = () => Away;
        Assert.Equal([400], await PausesAsync(1));

        async Task<List<double>> PausesAsync(int attempts)
        {
            var pauses = new List<double>();
            for (var n = 0; n < attempts; n++) pauses.Add((await customer.DeliverAsync(rows)).Pause.TotalMilliseconds);
            return pauses;
        }
    }

    [LogFact]
    public async Task a_delivery_that_faults_against_all_rules_holds_nobody_else_up()
    {
        using var schema = new TestSchema();
        await using var node = await QueueNode.StartAsync(schema);
        node.ThrowsWhenToldOfFailure = true;
        node.Deliver = async touchpoints => touchpoints[0].CustomerId == "bad" ? throw new InvalidOperationException("a fault") : await node.Engine.IngestAsync(touchpoints);
        await node.QueueAsync(View("bad", 0), View("c-1", 0));
        node.Begin();
        await QueueNode.UntilAsync(() => Task.FromResult(node.Notices.Any(notice => notice.StartsWith("stumbled", StringComparison.Ordinal))));

        await node.QueueAsync(View("c-1", 1), View("c-2", 0));

        await QueueNode.UntilAsync(async () => await node.HistoryAsync("c-1") == "c-1/0 c-1/1" && await node.HistoryAsync("c-2") == "c-2/0");
        await QueueNode.UntilAsync(() => Task.FromResult(schema.Query<long>("SELECT count(*) FROM queued") == 1));
    }

    [LogFact]
    public async Task of_a_part_that_is_another_nodes_by_now_nothing_more_is_begun_so_that_it_can_be_given_back()
    {
        using var schema = new TestSchema();
        await using var node = await QueueNode.StartAsync(schema);
        var hashes = new NodeHashes(node.Log.Secret.Span);
        var surplus = Enumerable.Range(0, 1000).Select(n => $"c-{n}").Where(customer => PartOf(customer) == 1).Take(2).ToList();
        var wanted = Enumerable.Range(0, 1000).Select(n => $"c-{n}").First(customer => PartOf(customer) == 0);
        var held = surplus.ToDictionary(customer => customer, _ => (Begun: new TaskCompletionSource(), End: new TaskCompletionSource()), StringComparer.Ordinal);
        node.Deliver = async touchpoints =>
        {
            if (held.TryGetValue(touchpoints[0].CustomerId, out var one))
            {
                one.Begun.TrySetResult();
                await one.End.Task;
            }

            return await node.Engine.IngestAsync(touchpoints);
        };
        node.Begin();
        await node.QueueAsync(View(surplus[0], 0));
        await held[surplus[0]].Begun.Task.WaitAsync(TimeSpan.FromMinutes(1));
        node.Share = new QueueShare(0, 2);
        await QueueNode.UntilAsync(() => Task.FromResult(Parts() == (QueueShare.Parts / 2) + 1));

        // What is queued first is read first: when the second has arrived, the first would have been begun.
        await node.QueueAsync(View(surplus[1], 0));
        await node.QueueAsync(View(wanted, 0));
        await QueueNode.UntilAsync(async () => await node.HistoryAsync(wanted) == $"{wanted}/0");
        held[surplus[0]].End.SetResult();

        await QueueNode.UntilAsync(() => Task.FromResult(Parts() == QueueShare.Parts / 2));
        Assert.False(held[surplus[1]].Begun.Task.IsCompleted);
        held[surplus[1]].End.SetResult();

        short PartOf(string customer) => schema.Query<short>($"SELECT queue_part_of('{Uuid.Of(hashes.Identity.Hash128(customer))}')");
        long Parts() => schema.Query<long>($"SELECT count(*) FROM queue_part WHERE epoch={node.Log.Epoch}");
    }

    [LogFact]
    public async Task what_is_set_aside_can_be_put_back_and_is_delivered_behind_what_its_customer_has_queued()
    {
        using var schema = new TestSchema();
        await using var node = await QueueNode.StartAsync(schema);
        node.Deliver = touchpoints => node.Engine.IngestAsync([.. touchpoints.Select(touchpoint => touchpoint.MessageId == "c-1/0" ? touchpoint with { Currency = "XXX" } : touchpoint)]);
        await node.QueueAsync(View("c-1", 0), View("c-1", 1));
        node.Begin();
        await node.UntilEmptyAsync(schema);
        var number = schema.Query<long>("SELECT number FROM set_aside");
        var before = schema.Query<long>("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint");
        var queuedAt = 0L;
        node.Deliver = touchpoints =>
        {
            queuedAt = schema.Query<long>("SELECT queued_at FROM queued");
            return node.Engine.IngestAsync(touchpoints);
        };

        Assert.True(schema.Query<long>($"SELECT put_back({number})") > number);

        await node.UntilEmptyAsync(schema);
        Assert.Equal("c-1/1 c-1/0", await node.HistoryAsync("c-1"));
        Assert.True(queuedAt >= before, $"queued at {queuedAt}, put back at {before}");
        Assert.Equal(0, schema.Query<long>("SELECT count(*) FROM set_aside"));
        var again = Assert.Throws<PostgresException>(() => schema.Query<long>($"SELECT put_back({number})"));
        Assert.Contains($"under number {number}", again.Message, StringComparison.Ordinal);
    }

    [LogFact]
    public async Task rows_are_counted_by_a_scan_and_every_other_statement_is_planned_for_what_it_is_given()
    {
        using var schema = new TestSchema();
        await using var node = await QueueNode.StartAsync(schema);
        await using var source = node.Log.Store.OpenQueue();
        await using var connection = await source.OpenConnectionAsync();
        for (var n = 0; n < 10; n++)
        {
            await using var command = new NpgsqlCommand("SELECT count(*) FROM queued WHERE customer<>ALL($1)", connection);
            command.Parameters.Add(Statement.Column(NpgsqlTypes.NpgsqlDbType.Uuid, Enumerable.Range(0, 20).Select(_ => Guid.NewGuid()).ToList()));
            await command.ExecuteScalarAsync();
        }

        await using var plans = new NpgsqlCommand("SELECT sum(generic_plans)::bigint, sum(custom_plans)::bigint FROM pg_prepared_statements WHERE statement LIKE '%ALL($1)%'", connection);
        await using (var row = await plans.ExecuteReaderAsync())
        {
            Assert.True(await row.ReadAsync());
            Assert.Equal(0, row.GetInt64(0));
            Assert.True(row.GetInt64(1) > 5, $"{row.GetInt64(1)} executions of a prepared statement");
        }

        var scans = Scans();
        node.Begin();
        await QueueNode.UntilAsync(() => Task.FromResult(Scans() > scans));

        long Scans() => schema.Query<long>("SELECT coalesce(pg_stat_get_numscans('queued'::regclass), 0)");
    }

    [LogFact]
    public async Task a_queue_that_is_closed_can_still_be_woken()
    {
        using var schema = new TestSchema();
        var node = await QueueNode.StartAsync(schema);
        await node.DisposeAsync();

        node.Queue.Wake();

        await node.Queue.WaitAsync(TimeSpan.FromMinutes(1), CancellationToken.None);
    }

    private static Touchpoint View(string customer, int n) => new() { MessageId = $"{customer}/{n}", CustomerId = customer, Type = "view" };
}
