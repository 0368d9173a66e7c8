using PmOrleans.Node.Log.Sqlite.Index;

namespace PmOrleans.Node.Tests.Log;

public sealed class IndexSweepTests
{
    private const int LeastRound = 98_304;
    private const int Group = 20;

    [Theory]
    [InlineData(1_000, 98_304)]
    [InlineData(4_000_000, 500_000)]
    [InlineData(100_000_000, 786_432)]
    public void a_round_grows_with_the_log_and_every_stretch_has_its_turn_once(long last, int round)
    {
        var sweep = new IndexSweep(LeastRound);
        sweep.Start(last);
        var turns = new int[IndexMemory.Buckets];
        for (var records = 0; records < round; records += Group) Write(sweep, last, turns);

        Assert.InRange(turns.Count(turn => turn == 1), IndexMemory.Buckets * 98 / 100, IndexMemory.Buckets);
        Assert.DoesNotContain(turns, turn => turn > 1);
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(4_000_000)]
    [InlineData(100_000_000)]
    public void no_transaction_writes_for_many_others(long last)
    {
        var sweep = new IndexSweep(LeastRound);
        sweep.Start(last);
        var turns = new int[IndexMemory.Buckets];
        var most = Enumerable.Range(0, 50_000).Max(_ => Write(sweep, last, turns));

        // A stretch has gathered its share of a whole round's entries when its turn comes.
        var entries = (double)most / IndexMemory.Buckets * Math.Clamp(last / 8, LeastRound, 8 * LeastRound);
        Assert.InRange(entries, 300, 500);
    }

    [Fact]
    public void what_a_transaction_that_is_undone_would_have_written_is_written_by_the_next()
    {
        var sweep = new IndexSweep(LeastRound);
        sweep.Start(5);
        var due = sweep.Plan(1_000, 1_005, all: false);
        var first = sweep.Next(0);
        sweep.Discard();

        Assert.Equal(due, sweep.Plan(1_000, 1_005, all: false));
        Assert.Equal(first, sweep.Next(0));
        Assert.Equal(5, sweep.Watermark);
    }

    [Fact]
    public void the_watermark_is_never_beyond_what_every_stretch_has_while_the_log_grows()
    {
        var random = new Random(7);
        var sweep = new IndexSweep(LeastRound);
        var completeTo = new long[IndexMemory.Buckets];
        for (long last = 0; last < 9_000_000;)
        {
            var records = random.Next(1, 5_000);
            last += records;
            var due = sweep.Plan(records, last, all: false);
            if (random.Next(10) == 0)
            {
                // The transaction is undone: its records are none.
                sweep.Discard();
                last -= records;
                continue;
            }

            for (var n = 0; n < due; n++) completeTo[sweep.Next(n)] = last;
            Assert.Equal(completeTo.Min(), sweep.Watermark);
            sweep.Commit();
            Assert.Equal(completeTo.Min(), sweep.Watermark);
        }

        Assert.InRange(sweep.Watermark, 8_000_000, 9_000_000);
    }

    private static int Write(IndexSweep sweep, long last, int[] turns)
    {
        var due = sweep.Plan(Group, last, all: false);
        for (var n = 0; n < due; n++) turns[sweep.Next(n)]++;
        sweep.Commit();
        return due;
    }
}
