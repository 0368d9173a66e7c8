using System.Numerics;
using PmOrleans.Node.Customers;
using PmOrleans.Node.Embedded;
using PmOrleans.Node.Log;
using PmOrleans.Node.Log.Writing;
using PmOrleans.Node.Refolding;
using PmOrleans.Node.Tests.Embedded;
using static PmOrleans.Node.Tests.Embedded.AttackFolder;

namespace PmOrleans.Node.Tests.Refolding;

/// <summary>After a publish that changes what customers are folded with, the store comes up to date by itself.</summary>
public sealed class RefoldSweepTests
{
    private const int Customers = 150;

    private static string WithMetric(string metric) => AttackCatalogs.Plain.Replace("views7d: count(view) over 7d", metric, StringComparison.Ordinal);

    private static string WithSegment => AttackCatalogs.Plain + "\nsegments:\n  keen: metrics.views7d >= 2\n";

    [Fact]
    public async Task sleeping_customers_are_folded_anew_without_being_woken()
    {
        using var folder = new AttackFolder();
        await FillAsync(folder);

        await using (var node = await folder.OpenAsync())
        {
            await UntilDoneAsync(node);
            Assert.Equal(0, node.Refolding.Refolded);

            await PublishAsync(node, WithMetric("views7d: count(view) over 8d\n  latest: last(view.value) over 7d"));
            await UntilDoneAsync(node);

            Assert.Equal((Customers, Customers), (node.Refolding.Visited, node.Refolding.Refolded));
            Assert.Equal(2, (await node.ReadCustomerAsync("c-7")).Value!.Metrics[0].Value);
        }

        // Judged by the log: each saved state is the fold of its customer's records with the new definitions.
        await folder.AssertCleanAsync();
        await using var again = await folder.OpenAsync();
        await UntilDoneAsync(again);
        Assert.Equal(0, again.Refolding.Refolded);
    }

    [Fact]
    public async Task a_history_longer_than_what_is_read_together_is_folded_to_its_end()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(AttackCatalogs.Plain))
        {
            await FillAsync(node);
            for (var i = 0; i < 2 * CustomerReads.Tail; i++)
            {
                await SendAsync(node, Event("c-7", "view", $"n-{i}"));
            }
        }

        await using (var node = await folder.OpenAsync())
        {
            await UntilDoneAsync(node);
            await PublishAsync(node, WithMetric("views7d: count(view) over 8d"));
            await UntilDoneAsync(node);

            Assert.Equal(Customers, node.Refolding.Refolded);
            Assert.Equal(2 + (2 * CustomerReads.Tail), (await node.ReadCustomerAsync("c-7")).Value!.Metrics[0].Value);
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task one_whose_records_are_damaged_keeps_nobody_else_from_being_folded()
    {
        using var folder = new AttackFolder();
        await FillAsync(folder);
        folder.Tamper("UPDATE log SET personal=zeroblob(length(personal)) WHERE sequence=(SELECT min(sequence) FROM log WHERE length(personal)>0)");

        await using var node = await folder.OpenAsync();
        await UntilDoneAsync(node);
        await PublishAsync(node, WithMetric("views7d: count(view) over 8d"));
        await UntilDoneAsync(node);

        Assert.Equal((Customers, Customers - 1), (node.Refolding.Visited, node.Refolding.Refolded));
    }

    [Fact]
    public async Task a_metric_over_what_nobody_did_and_one_that_is_gone_need_no_history_and_give_the_same_states()
    {
        using var folder = new AttackFolder();
        await FillAsync(folder);
        await using (var node = await folder.OpenAsync(WithMetric("buys: count(purchase) by channel over 7d\n  kinds: distinct(view.sku) over 7d\n  seldom: count(never) over 7d")))
        {
            await UntilDoneAsync(node);
            await PublishAsync(node, WithMetric("buys: count(purchase) by channel over 7d\n  often: sum(never.value) over 7d"));
            await UntilDoneAsync(node);

            Assert.Equal(Customers, node.Refolding.Refolded);
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task behind_many_who_need_their_history_those_who_do_not_are_folded_just_the_same()
    {
        const int Many = 8_000;
        const int InARow = 100;
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(AttackCatalogs.Plain))
        {
            var sent = Enumerable.Range(0, Many).Select(i => SendAsync(node, Event($"c-{i}", i / InARow % 3 == 2 ? "purchase" : "view", "m-1")));
            await Task.WhenAll(sent);
        }

        await using (var node = await folder.OpenAsync())
        {
            await UntilDoneAsync(node);
            await PublishAsync(node, WithMetric("views7d: count(view) over 8d"));
            await UntilDoneAsync(node);

            Assert.Equal((Many, Many), (node.Refolding.Visited, node.Refolding.Refolded));
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task a_pass_that_was_broken_off_goes_on_after_a_restart()
    {
        using var folder = new AttackFolder();
        await FillAsync(folder);

        // Two customers a second: a shard is done soon, all of them not before a minute has passed.
        await using (var node = await folder.OpenAsync(WithMetric("views7d: count(view) over 8d"), options => options with { RefoldsPerSecond = 2 }))
        {
            await UntilAsync(() => node.Refolding.Percent > 0);
            var before = node.Refolding.Percent;
            var told = (await node.ReadCatalogAsync()).Value!.BuiltPercent;
            Assert.InRange(told, before, node.Refolding.Percent);
        }

        var (done, left) = await ReadMarkAsync(folder);
        Assert.InRange(done, 1, RefoldMark.Shards - 1);
        await using (var node = await folder.OpenAsync())
        {
            await UntilDoneAsync(node);
            Assert.Equal(left, node.Refolding.Visited);
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task who_belongs_to_a_new_segment_enters_it_though_asleep()
    {
        using var folder = new AttackFolder();
        await FillAsync(folder);

        await using (var node = await folder.OpenAsync(WithSegment))
        {
            await UntilDoneAsync(node);

            var facts = (await node.ReadFactsAsync("c-7", 0, 100)).Value!.Facts;
            Assert.Contains("segmentChange", facts.Select(fact => fact.Kind), StringComparer.Ordinal);
            Assert.Contains("keen", (await node.ReadCustomerAsync("c-7")).Value!.Segments, StringComparer.Ordinal);
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task who_was_never_saved_is_reached_as_well()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(AttackCatalogs.Plain, options => options with { SnapshotAge = TimeSpan.FromHours(1) }))
        {
            await FillAsync(node);
            await PublishAsync(node, WithSegment);
            await UntilDoneAsync(node);

            Assert.Equal(Customers, (await node.ReadSegmentAsync("keen")).Value!.Size);
        }

        // As a crash before the first snapshots leaves it.
        folder.Tamper("DELETE FROM snapshot; UPDATE meta SET value=1 WHERE key='tail_start'");
        await using (var node = await folder.OpenAsync(WithSegment.Replace(">= 2", ">= 3", StringComparison.Ordinal)))
        {
            await UntilDoneAsync(node);

            Assert.Equal(0, (await node.ReadSegmentAsync("keen")).Value!.Size);
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task a_customer_of_several_ids_is_visited_once_and_woken_by_the_one_it_lives_under()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(AttackCatalogs.Plain))
        {
            await FillAsync(node);
            for (var i = 0; i < Customers; i++)
            {
                Assert.Null((await node.AddAliasAsync($"c-{i}", $"login-{i}")).Refusal);
            }
        }

        await using (var node = await folder.OpenAsync())
        {
            await UntilDoneAsync(node);

            // Live under the first id, found by either.
            await SendAsync(node, Event("login-7", "view", "m-9"), Event("c-8", "view", "m-9"));
            await PublishAsync(node, WithMetric("views7d: count(view) over 8d"));
            await UntilDoneAsync(node);
            Assert.Equal((Customers, Customers - 2), (node.Refolding.Visited, node.Refolding.Refolded));

            await PublishAsync(node, WithSegment);
            await UntilDoneAsync(node);
            Assert.Equal(Customers, node.Refolding.Visited);
            Assert.Equal(Customers, (await node.ReadSegmentAsync("keen")).Value!.Size);
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task who_comes_while_a_catalog_goes_live_is_folded_with_it_as_well()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(AttackCatalogs.Plain, options => options with { SnapshotAge = TimeSpan.FromMilliseconds(1) }))
        {
            using var stop = new CancellationTokenSource();
            var (coming, id) = (0, 0);
            var senders = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    var mine = Interlocked.Increment(ref id);
                    await SendAsync(node, Event($"n-{mine}", "view", "m-1"), Event($"n-{mine}", "view", "m-2"));
                    Interlocked.Increment(ref coming);
                }
            })).ToArray();
            for (var round = 0; round < 4; round++)
            {
                var before = Volatile.Read(ref coming);
                await UntilAsync(() => Volatile.Read(ref coming) > before + 50);
                await PublishAsync(node, round % 2 == 0 ? WithSegment : AttackCatalogs.Plain);
            }

            await PublishAsync(node, WithSegment);
            await stop.CancelAsync();
            await Task.WhenAll(senders);
            await UntilDoneAsync(node);

            // Nobody does anything more: whom the pass left out would stay out.
            await UntilAsync(async () => (await node.ReadSegmentAsync("keen")).Value!.Size == id);
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task a_pass_is_over_when_everybody_it_woke_is_in_the_log_however_full_the_queue_was()
    {
        using var folder = new AttackFolder();
        await FillAsync(folder);

        // Room for one record in the queue, and two threads that fill it faster than it is emptied.
        await using (var node = await folder.OpenAsync(configure: options => options with
        {
            RefoldThreads = 2,
            ConfigureLog = log => log with { MaxQueuedBytes = 700, Faults = new SlowCommits() },
        }))
        {
            await UntilDoneAsync(node);
            await PublishAsync(node, WithSegment);
            await UntilDoneAsync(node);

            for (var i = 0; i < Customers; i++)
            {
                Assert.Contains("segmentChange", (await node.ReadFactsAsync($"c-{i}", 0, 100)).Value!.Facts.Select(fact => fact.Kind), StringComparer.Ordinal);
            }
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task a_publish_that_changes_no_definition_begins_no_pass()
    {
        using var folder = new AttackFolder();
        await FillAsync(folder);
        await using var node = await folder.OpenAsync();
        await UntilDoneAsync(node);

        await PublishAsync(node, AttackCatalogs.Plain.Replace("value: 10", "value: 11", StringComparison.Ordinal));

        Assert.True(node.Refolding.IsDone);
    }

    private static async Task FillAsync(AttackFolder folder)
    {
        await using var node = await folder.OpenAsync(AttackCatalogs.Plain);
        await FillAsync(node);
    }

    private static async Task FillAsync(EmbeddedNode node)
    {
        for (var i = 0; i < Customers; i++)
        {
            await SendAsync(node, Event($"c-{i}", "view", "m-1"), Event($"c-{i}", "view", "m-2"), Event($"c-{i}", "purchase", "m-3"));
        }
    }

    /// <summary>What a run that has ended left: how many shards are done, and how many customers are in the others.</summary>
    private static async Task<(int Done, int Left)> ReadMarkAsync(AttackFolder folder)
    {
        await using var log = await SqliteNodeLog.OpenAsync(new SqliteLogOptions { Folder = folder.Path });
        var mark = RefoldMark.Read(log.Reader.GetValue("node.refold"))!.Value;
        var saved = ((IPlacedStates)log.Reader).ReadPlaced(0, long.MaxValue, int.MaxValue);
        var left = Enumerable.Range(0, RefoldMark.Shards)
            .Where(shard => (mark.DoneShards & (1UL << shard)) == 0)
            .Select(shard => CustomerWalk.PartOf(mark.LastPlace, shard, RefoldMark.Shards))
            .Sum(part => saved.Select(row => (UInt128)(ulong)row.Snapshot!.Place).Count(place => place > part.After && place <= part.Last));
        return (BitOperations.PopCount(mark.DoneShards), left);
    }

    private static Task UntilDoneAsync(EmbeddedNode node) => UntilAsync(() => node.Refolding.IsDone);

    private sealed class SlowCommits : LogFaults
    {
        public override void BeforeCommit() => Thread.Sleep(2);
    }
}
