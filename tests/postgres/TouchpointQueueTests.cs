using System.Text;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Identity;
using PmOrleans.Node.Log;
using PmOrleans.Node.Port;
using PmOrleans.Node.Queue;

namespace PmOrleans.Node.Tests.Log;

/// <summary>What is queued is durable, applied once and in order, whoever dies or fails on the way.</summary>
public sealed class TouchpointQueueTests
{
    private static readonly Refusal Away = new(RefusalKind.Unavailable, "away");

    [LogFact]
    public async Task queued_touchpoints_are_applied_once_in_the_order_of_each_customer_and_leave_nothing_behind()
    {
        using var schema = new TestSchema();
        await using var node = await QueueNode.StartAsync(schema);
        node.Begin();

        for (var n = 0; n < 100; n++)
        {
            var answer = await node.QueueAsync(View("c-1", n), View("c-2", n), View("c-1", n + 1000), View("c-3", n));
            Assert.Equal((4, 0), (answer.Queued, answer.Accepted));
        }

        await node.UntilEmptyAsync(schema);
        Assert.Equal(Messages("c-1", Enumerable.Range(0, 100).SelectMany(n => (int[])[n, n + 1000])), await node.HistoryAsync("c-1"));
        Assert.Equal(Messages("c-2", Enumerable.Range(0, 100)), await node.HistoryAsync("c-2"));
        Assert.Equal(Messages("c-3", Enumerable.Range(0, 100)), await node.HistoryAsync("c-3"));
        Assert.Empty(node.Notices);
    }

    [LogFact]
    public async Task a_delivery_whose_answer_is_lost_is_repeated_and_counts_once_with_and_without_a_message_id()
    {
        using var schema = new TestSchema();
        await using var node = await QueueNode.StartAsync(schema);
        var lost = 0;
        node.Deliver = async touchpoints =>
        {
            var reply = await node.Engine.IngestAsync(touchpoints);
            return Interlocked.Increment(ref lost) <= 3 ? Away : reply;
        };
        var answer = await node.QueueAsync(View("c-1", 0), View("c-1", 1) with { MessageId = null }, View("c-1", 0));

        node.Begin();
        await node.UntilEmptyAsync(schema);

        Assert.Equal((3, 1), (answer.Queued, answer.Unprotected));
        Assert.True(lost > 3, $"{lost} deliveries");
        Assert.Equal(2, await CountAsync(node, "c-1"));
    }

    [LogFact]
    public async Task what_breaks_a_rule_is_rejected_as_in_sync_and_nothing_of_it_is_queued()
    {
        using var schema = new TestSchema();
        await using var node = await QueueNode.StartAsync(schema);

        Touchpoint?[] batch = [View("c-1", 0) with { ValueMicros = 1, Currency = "XXX" }, null, View("c-1", 1), View("c-1", 2) with { AtMicros = -1 }];
        var queued = (await node.Engine.QueueAsync(batch)).Value!;
        var applied = (await node.Engine.IngestAsync(batch)).Value!;

        Assert.Equal(1, queued.Queued);
        Assert.Equal(
            applied.Rejected.Select(one => (one.Index, Errors: string.Join(' ', one.Errors.SelectMany(error => error.Value.Prepend(error.Key))))),
            queued.Rejected.Select(one => (one.Index, Errors: string.Join(' ', one.Errors.SelectMany(error => error.Value.Prepend(error.Key))))));
        Assert.Equal(1, schema.Query<long>("SELECT count(*) FROM queued"));
    }

    [LogFact]
    public async Task what_nodes_queue_by_turns_for_one_customer_arrives_in_that_order()
    {
        using var schema = new TestSchema();
        await using var a = await QueueNode.StartAsync(schema, "a");
        await using var b = await QueueNode.StartAsync(schema, "b");
        b.Begin();

        for (var n = 0; n < 60; n++) await (n % 2 == 0 ? a : b).QueueAsync(View("c-1", n));

        await b.UntilEmptyAsync(schema);
        Assert.Equal(Messages("c-1", Enumerable.Range(0, 60)), await b.HistoryAsync("c-1"));
    }

    [LogFact]
    public async Task parts_are_shared_and_change_hands_when_nodes_come_and_go()
    {
        using var schema = new TestSchema();
        await using var a = await QueueNode.StartAsync(schema, "a");
        await using var b = await QueueNode.StartAsync(schema, "b");
        a.Begin();
        await QueueNode.UntilAsync(() => Task.FromResult(Parts(schema, a) == QueueShare.Parts));

        // A part is taken from nobody who may still read it.
        Assert.Empty(await b.Queue.TakeAsync([0, 1, 2]));
        (a.Share, b.Share) = (new QueueShare(0, 2), new QueueShare(1, 2));
        b.Begin();
        await QueueNode.UntilAsync(() => Task.FromResult(Parts(schema, a) == QueueShare.Parts / 2 && Parts(schema, b) == QueueShare.Parts / 2));
        for (var n = 0; n < 100; n++) await a.QueueAsync(View($"c-{n}", n));
        await a.UntilEmptyAsync(schema);
        await b.DisposeAsync();
        a.Share = new QueueShare(0, 1);
        await QueueNode.UntilAsync(() => Task.FromResult(Parts(schema, a) == QueueShare.Parts));

        for (var n = 0; n < 100; n++) Assert.Equal($"c-{n}/{n}", await a.HistoryAsync($"c-{n}"));
    }

    [LogFact]
    public async Task what_a_dead_node_had_queued_and_held_in_its_hands_is_delivered_by_another_once()
    {
        using var schema = new TestSchema();
        await using var dead = await QueueNode.StartAsync(schema, "a");
        await using var other = await QueueNode.StartAsync(schema, "b");
        var inHand = new TaskCompletionSource();
        var thawed = new TaskCompletionSource();
        Reply<IngestAnswer> late = default;
        dead.Deliver = async touchpoints =>
        {
            inHand.TrySetResult();
            await thawed.Task;
            return late = await dead.Engine.IngestAsync(touchpoints);
        };
        dead.Begin();
        await dead.QueueAsync(View("c-1", 0), View("c-1", 1));
        await inHand.Task.WaitAsync(TimeSpan.FromMinutes(1));
        await dead.QueueAsync(View("c-1", 2), View("c-2", 0));
        other.Begin();

        await other.Log.Store.SealAsync("a", dead.Log.Epoch);
        await other.UntilEmptyAsync(schema);
        thawed.SetResult();

        // It can write nothing; that they are in the log already, it may see and say.
        await QueueNode.UntilAsync(() => Task.FromResult(late.IsRefused || late.Value is { Accepted: 0 }));

        Assert.Equal(Messages("c-1", [0, 1, 2]), await other.HistoryAsync("c-1"));
        Assert.Equal(Messages("c-2", [0]), await other.HistoryAsync("c-2"));
        Assert.True((await dead.Engine.QueueAsync([View("c-1", 3)])).IsRefused);
    }

    [LogFact]
    public async Task what_was_acknowledged_survives_a_kill_of_the_server_between_queueing_and_delivery()
    {
        using var server = new PostgresServer();
        using var schema = new TestSchema(server.ConnectionString);
        await using var node = await QueueNode.StartAsync(schema);
        for (var n = 0; n < 20; n++) await node.QueueAsync(View("c-1", n));

        server.Kill();
        server.Start();
        node.Begin();

        await QueueNode.UntilAsync(async () => await HistoryOrNothingAsync(node, "c-1") == Messages("c-1", Enumerable.Range(0, 20)));
    }

    [LogFact]
    public async Task an_erasure_takes_what_is_queued_under_every_id_of_the_customer()
    {
        using var schema = new TestSchema();
        await using var node = await QueueNode.StartAsync(schema);
        await node.Engine.IngestAsync([View("c-1", 0)]);
        await node.Engine.AddAliasAsync("c-1", "alias");
        await node.QueueAsync(View("c-1", 1), View("alias", 2), View("c-2", 0), View("c-1", 3) with { AtMicros = Now() + 60_000_000 });

        Assert.Null((await node.Engine.EraseAsync("c-1")).Refusal);

        Assert.Equal(1, schema.Query<long>("SELECT count(*) FROM queued"));
        node.Begin();
        await node.UntilEmptyAsync(schema);
        await AssertUnknownAsync(node, "c-1", "alias");
        Assert.Equal("c-2/0", await node.HistoryAsync("c-2"));

        // Sent once more, they are what they were.
        await node.QueueAsync(View("c-1", 1), View("alias", 2) with { AtMicros = Now() + 60_000_000 }, View("c-1", 3) with { AtMicros = Now() + 60_000_000 });
        await node.UntilEmptyAsync(schema);
        await AssertUnknownAsync(node, "c-1");
    }

    [LogFact]
    public async Task what_is_on_its_way_while_its_customer_is_erased_brings_nothing_back()
    {
        using var schema = new TestSchema();
        await using var node = await QueueNode.StartAsync(schema);
        await node.Engine.IngestAsync([View("known", 0)]);
        var inHand = new CountdownEvent(2);
        var goOn = new TaskCompletionSource();
        node.Deliver = async touchpoints =>
        {
            inHand.Signal();
            await goOn.Task;
            return await node.Engine.IngestAsync(touchpoints);
        };
        await node.QueueAsync(View("known", 1) with { AtMicros = Now() + 60_000_000 }, View("unknown", 0) with { AtMicros = Now() + 60_000_000 });
        node.Begin();
        Assert.True(inHand.Wait(TimeSpan.FromMinutes(1)));

        Assert.Null((await node.Engine.EraseAsync("known")).Refusal);
        Assert.Null((await node.Engine.EraseAsync("unknown")).Refusal);
        node.Deliver = touchpoints => node.Engine.IngestAsync(touchpoints);
        goOn.SetResult();

        // Behind them comes a new life, which shows that they have arrived.
        await node.QueueAsync(View("known", 2) with { AtMicros = Now() + 60_000_000 }, View("unknown", 2) with { AtMicros = Now() + 60_000_000 });
        await node.UntilEmptyAsync(schema);
        Assert.Equal("known/2", await node.HistoryAsync("known"));
        Assert.Equal("unknown/2", await node.HistoryAsync("unknown"));
    }

    [LogFact]
    public async Task somebody_of_whom_nothing_is_known_but_what_is_queued_can_be_erased()
    {
        using var schema = new TestSchema();
        await using var node = await QueueNode.StartAsync(schema);
        await node.QueueAsync(View("c-1", 0));

        Assert.Null((await node.Engine.EraseAsync("c-1")).Refusal);
        Assert.Equal(RefusalKind.NotFound, (await node.Engine.EraseAsync("c-2")).Refusal?.Kind);

        Assert.Equal(0, schema.Query<long>("SELECT count(*) FROM queued"));
        await AssertUnknownAsync(node, "c-1");
    }

    [LogFact]
    public async Task a_queue_that_is_full_refuses_and_takes_in_again_when_it_is_delivered()
    {
        using var schema = new TestSchema();
        await using var node = await QueueNode.StartAsync(schema, options: new QueueOptions { MaxBytes = 1000 });
        Reply<IngestAnswer> reply = default;
        for (var n = 0; n < 1000 && !reply.IsRefused; n++) reply = await node.Engine.QueueAsync([View("c-1", n)]);

        Assert.Equal(RefusalKind.Overloaded, reply.Refusal?.Kind);
        Assert.NotNull(reply.Refusal!.RetryAfter);
        Assert.InRange(schema.Query<long>("SELECT sum(octet_length(body))::bigint FROM queued"), 1000, 2000);
        node.Begin();
        await QueueNode.UntilAsync(async () => !(await node.Engine.QueueAsync([View("c-2", 0)])).IsRefused);
    }

    [LogFact]
    public async Task a_queue_in_which_too_many_wait_too_long_refuses()
    {
        using var schema = new TestSchema();
        await using var node = await QueueNode.StartAsync(schema, options: new QueueOptions { MaxAge = TimeSpan.FromMilliseconds(50), MaxLate = 0, RetryPause = TimeSpan.FromMilliseconds(10) });
        var reachable = false;
        node.Deliver = async touchpoints => Volatile.Read(ref reachable) ? await node.Engine.IngestAsync(touchpoints) : Away;
        await node.QueueAsync(View("c-1", 0));
        node.Begin();

        await QueueNode.UntilAsync(async () => (await node.Engine.QueueAsync([View("c-2", 0)])).Refusal?.Kind == RefusalKind.Overloaded);
        Volatile.Write(ref reachable, true);
        await QueueNode.UntilAsync(async () => !(await node.Engine.QueueAsync([View("c-2", 1)])).IsRefused);
        await node.UntilEmptyAsync(schema);
        Assert.Equal("c-1/0", await node.HistoryAsync("c-1"));
    }

    [LogFact]
    public async Task what_fails_for_good_is_set_aside_alone_and_holds_up_neither_others_nor_what_follows_it()
    {
        using var schema = new TestSchema();
        await using var node = await QueueNode.StartAsync(schema, options: new QueueOptions { MaxAttempts = 3, RetryPause = TimeSpan.FromMilliseconds(5) });
        node.Deliver = async touchpoints => touchpoints.Any(touchpoint => touchpoint.MessageId == "bad/1")
            ? throw new InvalidOperationException("a fault")
            : await node.Engine.IngestAsync(touchpoints);
        await node.QueueAsync([.. Enumerable.Range(0, 4).Select(n => View("bad", n)), .. Enumerable.Range(0, 4).Select(n => View("good", n))]);
        node.Begin();

        await node.UntilEmptyAsync(schema);

        Assert.Equal(Messages("bad", [0, 2, 3]), await node.HistoryAsync("bad"));
        Assert.Equal(Messages("good", [0, 1, 2, 3]), await node.HistoryAsync("good"));
        Assert.Single(node.Notices, notice => notice.StartsWith("set aside", StringComparison.Ordinal));
        Assert.Contains("InvalidOperationException", schema.Query<string>("SELECT reason FROM set_aside"), StringComparison.Ordinal);

        // What is set aside is the customer's still.
        Assert.Null((await node.Engine.EraseAsync("bad")).Refusal);
        Assert.Equal(0, schema.Query<long>("SELECT count(*) FROM set_aside"));
    }

    [LogFact]
    public async Task what_breaks_a_rule_only_when_it_is_delivered_is_set_aside()
    {
        using var schema = new TestSchema();
        await using var node = await QueueNode.StartAsync(schema);
        node.Deliver = async touchpoints => await node.Engine.IngestAsync([touchpoints[0] with { Currency = "XXX" }, .. touchpoints.Skip(1)]);
        await node.QueueAsync(View("c-1", 0), View("c-1", 1));
        node.Begin();

        await node.UntilEmptyAsync(schema);

        Assert.Equal("c-1/1", await node.HistoryAsync("c-1"));
        Assert.Contains("currency", schema.Query<string>("SELECT reason FROM set_aside"), StringComparison.Ordinal);
    }

    [LogFact]
    public async Task a_customer_who_cannot_be_reached_holds_nobody_up_and_keeps_the_order()
    {
        using var schema = new TestSchema();
        await using var node = await QueueNode.StartAsync(schema);
        var reachable = false;
        var stuck = new TaskCompletionSource();
        node.Deliver = async touchpoints =>
        {
            if (touchpoints[0].CustomerId == "hung") await stuck.Task;
            return touchpoints[0].CustomerId != "away" || Volatile.Read(ref reachable) ? await node.Engine.IngestAsync(touchpoints) : Away;
        };
        await node.QueueAsync([.. Enumerable.Range(0, 200).Select(n => View("away", n)), .. Enumerable.Range(0, 200).Select(n => View("hung", n))]);
        node.Begin();

        for (var n = 0; n < 50; n++) await node.QueueAsync(View($"c-{n}", n));
        for (var n = 0; n < 50; n++)
        {
            var expected = $"c-{n}/{n}";
            var customer = $"c-{n}";
            await QueueNode.UntilAsync(async () => await node.HistoryAsync(customer) == expected);
        }

        Assert.Equal("", await node.HistoryAsync("away"));
        Volatile.Write(ref reachable, true);
        stuck.SetResult();
        await node.UntilEmptyAsync(schema);
        Assert.Equal(Messages("away", Enumerable.Range(0, 200)), await node.HistoryAsync("away"));
        Assert.Equal(Messages("hung", Enumerable.Range(0, 200)), await node.HistoryAsync("hung"));
    }

    [LogFact]
    public async Task queueing_beside_erasures_loses_and_doubles_nothing()
    {
        using var schema = new TestSchema();
        await using var a = await QueueNode.StartAsync(schema, "a");
        await using var b = await QueueNode.StartAsync(schema, "b");
        a.Begin();

        var erasing = Task.Run(async () =>
        {
            for (var n = 0; n < 40; n++)
            {
                await b.Log.WriteAsync(work => work.Erase(new CustomerKey(1, (ulong)n + 1), [new TombstoneRow((UInt128)n, 1, [])]));
            }
        });
        await Task.WhenAll(Enumerable.Range(0, 8).Select(customer => Task.Run(async () =>
        {
            for (var n = 0; n < 50; n++) await (n % 2 == 0 ? a : b).QueueAsync(View($"c-{customer}", n));
        })));
        await erasing;

        await a.UntilEmptyAsync(schema);
        for (var customer = 0; customer < 8; customer++)
        {
            Assert.Equal(Messages($"c-{customer}", Enumerable.Range(0, 50)), await a.HistoryAsync($"c-{customer}"));
        }
    }

    [LogFact]
    public async Task a_row_shows_nothing_of_what_is_in_it()
    {
        using var schema = new TestSchema();
        await using var node = await QueueNode.StartAsync(schema);
        await node.QueueAsync(View("somebody-special", 0));

        var row = schema.Query<string>("SELECT encode(convert_to(q::text, 'UTF8') || body || message, 'hex') FROM queued q");

        Assert.DoesNotContain(Convert.ToHexStringLower(Encoding.UTF8.GetBytes("special")), row, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToHexStringLower(Encoding.UTF8.GetBytes("view")), row, StringComparison.Ordinal);
    }

    private static Touchpoint View(string customer, int n) => new() { MessageId = $"{customer}/{n}", CustomerId = customer, Type = "view" };

    private static string Messages(string customer, IEnumerable<int> numbers) => string.Join(' ', numbers.Select(n => $"{customer}/{n}"));

    private static long Now() => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 1000;

    private static long Parts(TestSchema schema, QueueNode node) => schema.Query<long>($"SELECT count(*) FROM queue_part WHERE epoch={node.Log.Epoch}");

    private static async Task<int> CountAsync(QueueNode node, string customer) =>
        (await node.Engine.ReadFactsAsync(customer, 0, 1000)).Value!.Facts.Count(fact => fact.Touchpoint is not null);

    private static async Task<string> HistoryOrNothingAsync(QueueNode node, string customer)
    {
        var page = await node.Engine.ReadFactsAsync(customer, 0, 1000);
        return page.IsRefused ? "" : string.Join(' ', page.Value!.Facts.Select(fact => fact.Touchpoint?.MessageId).OfType<string>());
    }

    private static async Task AssertUnknownAsync(QueueNode node, params string[] customers)
    {
        foreach (var customer in customers) Assert.Equal(RefusalKind.NotFound, (await node.Engine.ReadCustomerAsync(customer)).Refusal?.Kind);
    }
}
