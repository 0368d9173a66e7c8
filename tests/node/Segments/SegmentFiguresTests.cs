using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Log;
using PmOrleans.Node.Segments;
using PmOrleans.Node.Tests.Embedded;
using PmOrleans.Node.Tests.Log;

namespace PmOrleans.Node.Tests.Segments;

/// <summary>The figures of segments come back behind the start of a node, whatever is committed meanwhile.</summary>
public sealed class SegmentFiguresTests
{
    private const int Segment = 3;

    [Fact]
    public async Task figures_are_read_when_somebody_asks_and_have_what_was_committed_before_and_meanwhile()
    {
        using var folder = new TestFolder();
        await using var log = await folder.OpenAsync();
        await EnterAsync(log, from: 1, to: 30);
        await using var figures = new SegmentFigures(log);
        figures.Start(log.CommittedSequence, after: TimeSpan.FromHours(1));
        for (var customer = 31; customer <= 50; customer++)
        {
            figures.Apply(await EnterAsync(log, customer, customer), TestRecord.Key(customer), [Entered(customer)]);
        }

        Assert.False(figures.IsRestored);
        Assert.Throws<InvalidOperationException>(() => figures.Read(fold => fold.Watermark));
        Assert.Null(figures.Take());

        await figures.RestoreAsync().WaitAsync(TimeSpan.FromMinutes(1));

        Assert.Equal((50L, 50L), figures.Read(fold => (fold.Watermark, fold.SizeOf(Segment))));
        figures.Apply(await EnterAsync(log, 51, 51), TestRecord.Key(51), [Entered(51)]);
        Assert.Equal((51L, 51L), figures.Read(fold => (fold.Watermark, fold.SizeOf(Segment))));
    }

    [Fact]
    public async Task records_that_come_all_the_while_are_each_folded_once()
    {
        using var folder = new TestFolder();
        await using var log = await folder.OpenAsync();
        await EnterAsync(log, from: 1, to: 200);
        await using var figures = new SegmentFigures(log);
        log.OnCommitted = records =>
        {
            foreach (var record in records)
            {
                figures.Apply(record.Sequence, record.Customer, [Entered((int)record.Customer.Low)]);
            }
        };
        figures.Start(log.CommittedSequence, after: TimeSpan.FromHours(1));

        var coming = EnterAsync(log, from: 201, to: 1_000);
        await figures.RestoreAsync().WaitAsync(TimeSpan.FromMinutes(1));
        await coming;

        Assert.Equal((1_000L, 1_000L, 1_000L), figures.Read(fold => (fold.Watermark, fold.SizeOf(Segment), fold.EnteredOf(Segment))));
    }

    [Fact]
    public async Task what_was_saved_is_taken_up_and_only_the_rest_is_read_from_the_log()
    {
        using var folder = new TestFolder();
        await using var log = await folder.OpenAsync();
        await EnterAsync(log, from: 1, to: 20);
        await using (var before = new SegmentFigures(log))
        {
            before.Start(log.CommittedSequence);
            await before.RestoreAsync().WaitAsync(TimeSpan.FromMinutes(1));

            // Of nobody's record: the fold alone has it, so whoever has it later has read what was saved.
            before.Apply(21, TestRecord.Key(999), [Entered(999)]);
            var saved = before.Take()!;
            await log.WriteAsync(transaction => before.Write(saved, transaction));
            before.Saved(saved);
        }

        Assert.Equal(24, await EnterAsync(log, from: 21, to: 24));
        await using var figures = new SegmentFigures(log);
        figures.Start(log.CommittedSequence);
        await figures.RestoreAsync().WaitAsync(TimeSpan.FromMinutes(1));

        Assert.Equal((24L, 24L), figures.Read(fold => (fold.Watermark, fold.SizeOf(Segment))));
    }

    [Fact]
    public async Task a_stop_does_not_wait_for_a_restoring_that_has_not_begun()
    {
        using var folder = new TestFolder();
        await using var log = await folder.OpenAsync();
        var figures = new SegmentFigures(log);
        figures.Start(log.CommittedSequence, after: TimeSpan.FromHours(1));
        var restoring = figures.DisposeAsync().AsTask();

        await restoring.WaitAsync(TimeSpan.FromMinutes(1));

        Assert.False(figures.IsRestored);
    }

    [Fact]
    public async Task what_was_saved_before_the_others_was_is_no_difference_and_is_taken_up()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(AttackCatalogs.Shop))
        {
            await BecomeEagerAsync(node, from: 1, to: 5);
        }

        folder.Tamper("CREATE TABLE kept AS SELECT * FROM checkpoint WHERE projection LIKE 'segments%'");
        await using (var node = await folder.OpenAsync())
        {
            await BecomeEagerAsync(node, from: 6, to: 12);
        }

        // As a run leaves it that was killed before its figures came back: ledgers and models are of now, the figures of the run before.
        folder.Tamper("DELETE FROM checkpoint WHERE projection LIKE 'segments%'; INSERT INTO checkpoint SELECT * FROM kept; DROP TABLE kept");
        await folder.AssertCleanAsync();
        await using (var node = await folder.OpenAsync())
        {
            Assert.Equal((12L, 12L), (await node.ReadSegmentAsync("eager")).Value! is var eager ? (eager.Size, eager.Entered) : default);
        }

        await folder.AssertCleanAsync();
    }

    private static async Task BecomeEagerAsync(Node.Embedded.EmbeddedNode node, int from, int to)
    {
        for (var customer = from; customer <= to; customer++)
        {
            await AttackFolder.SendAsync(node, [.. Enumerable.Range(0, 4).Select(view => AttackFolder.Event($"c-{customer}", "view", $"m-{view}"))]);
        }
    }

    private static SegmentChangeFact Entered(int customer) => new(1_000_000 + customer, [Segment], [], []);

    /// <summary>A record for each of these customers; returns the sequence of the last.</summary>
    private static async Task<long> EnterAsync(INodeLog log, int from, int to)
    {
        TestRecord? last = null;
        for (var customer = from; customer <= to; customer++)
        {
            using ByteWriter accounting = new(64), personal = new(64), body = new(64);
            FactCodec.Write([Entered(customer)], accounting, personal, body);
            last = new TestRecord
            {
                Customer = TestRecord.Key(customer), CustomerSequence = 1, AtMicros = 1_000_000 + customer, Accounting = accounting.ToArray(), Personal = personal.ToArray(),
            };
            Assert.True(log.TryAppend(last));
        }

        Assert.Null(await last!.Done);
        return last.Sequence;
    }
}
