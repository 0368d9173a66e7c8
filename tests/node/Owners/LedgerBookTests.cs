using PmOrleans.Decisioning.Budgets;
using PmOrleans.Decisioning.Experiments;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Leases;
using PmOrleans.Node.Log;
using PmOrleans.Node.Owners;

namespace PmOrleans.Node.Tests.Owners;

/// <summary>The campaigns' money over several nodes: whatever gets lost, comes twice or dies, no more is out than there is.</summary>
public sealed class LedgerBookTests
{
    private const long Budget = 1_000;
    private const int Campaign = 7;

    [Fact]
    public void a_total_budget_is_handed_out_when_every_node_counts_what_was_spent_before_it()
    {
        var book = new LedgerBook(TimeProvider.System);

        Assert.Equal((0, true), Take(book, epoch: 1, number: 1));
        Assert.False(CountIn(book, 1, 5, [Campaign], 1, 2));
        Assert.Equal((0, true), Take(book, epoch: 1, number: 2));
        Assert.True(CountIn(book, 2, 5, [Campaign], 1, 2));
        Assert.True(Take(book, epoch: 1, number: 3).Granted > 0);
    }

    [Fact]
    public void a_node_that_follows_late_holds_up_the_money_of_a_new_version()
    {
        var book = Counted(1, 2);

        Assert.False(CountIn(book, 1, 6, [], 1, 2));
        Assert.Equal((0, true), Take(book, epoch: 2, number: 1));
        Assert.False(CountIn(book, 2, 5, [Campaign], 1, 2));
        Assert.False(CountIn(book, 1, 7, [Campaign], 1, 2));
        Assert.Equal((0, true), Take(book, epoch: 2, number: 2));
        Assert.True(CountIn(book, 2, 7, [Campaign], 1, 2));
        Assert.True(Take(book, epoch: 2, number: 3).Granted > 0);
    }

    [Fact]
    public void what_a_dead_node_decided_without_the_budget_is_counted_first()
    {
        var book = new LedgerBook(TimeProvider.System);
        NodeEpoch[] epochs = [new("a", 1, true, 8), new("b", 2, false, 0)];

        Assert.False(book.CountIn(2, 5, [Campaign], epochs, _ => 7));
        Assert.True(book.CountIn(2, 5, [Campaign], epochs, _ => 8));
    }

    [Fact]
    public void a_book_that_begins_with_nothing_saved_grants_and_frees_nothing_until_the_logs_are_folded_to_where_they_ended()
    {
        var book = Counted(1, 2);
        book.Recount(new Dictionary<string, long>(StringComparer.Ordinal) { ["n1"] = 2, ["n2"] = 1 });
        NodeEpoch[] epochs = [new("n1", 1, true, 1), new("n2", 2, false, 1)];

        Assert.Equal((0, true), Take(book, epoch: 2, number: 1));
        Fold(book, "n1", 0, 1, Granted(epoch: 1, 100));
        Fold(book, "n2", 0, 1, Granted(epoch: 2, 600));
        Assert.Equal((0, true), Take(book, epoch: 2, number: 2, written: 600));
        Assert.Null(book.Claim(1, 2, epochs, _ => 1, out _));

        var saved = book.Write();
        book = new LedgerBook(TimeProvider.System);
        book.Restore(saved);
        Assert.Equal((0, true), Take(book, epoch: 2, number: 3, written: 600));
        Fold(book, "n1", 1, 2, Granted(epoch: 1, 300));

        Assert.Equal((0, false), Take(book, epoch: 2, number: 4, written: 600));
        Assert.Equal([new LeaseLeft(Campaign, 0, 400)], book.Claim(1, 2, epochs, _ => 1, out _));
    }

    [Fact]
    public void what_was_granted_and_never_written_is_free_again_with_the_next_question()
    {
        var book = Counted(1);
        var lost = Take(book, epoch: 1, number: 1).Granted;
        Assert.Equal(lost, book.OutOf(Campaign, 0));

        var again = Take(book, epoch: 1, number: 2, written: 0).Granted;

        Assert.Equal(lost, again);
        Assert.Equal(again, book.OutOf(Campaign, 0));
    }

    [Fact]
    public void an_answer_of_an_earlier_release_says_nothing_of_what_others_expect()
    {
        var answer = new LedgerBook(TimeProvider.System).ChangesSince(-1, reporterEpoch: 1, watermark: 3);

        var changes = LedgerBook.ReadChanges(answer[..^1]);

        Assert.Equal((3, 0), (changes.Watermark, changes.Elsewhere.Count));
    }

    [Fact]
    public void a_question_that_was_overtaken_is_not_answered()
    {
        var book = Counted(1);
        Take(book, epoch: 1, number: 2);

        Assert.Null(book.Take(Ask(1, 1, 0)));
        Assert.Null(book.Take(Ask(1, 2, 0)));
    }

    [Fact]
    public void an_epochs_leases_are_claimed_when_its_log_is_folded_and_by_another_only_when_the_first_can_write_no_more()
    {
        var book = Counted(1, 2, 3);
        Fold(book, "a", 0, 1, Granted(epoch: 1, 100));
        NodeEpoch dead = new("a", 1, true, 2), second = new("b", 2, false, 0), third = new("c", 3, false, 0);
        var watermarks = new Dictionary<string, long>(StringComparer.Ordinal) { ["a"] = 1 };
        long Of(string node) => watermarks.GetValueOrDefault(node);

        Assert.Null(book.Claim(1, 2, [dead with { Sealed = false }, second, third], Of, out _));
        Assert.Null(book.Claim(1, 2, [dead, second, third], Of, out _));
        watermarks["a"] = 2;
        Assert.Equal([new LeaseLeft(Campaign, 0, 100)], book.Claim(1, 2, [dead, second, third], Of, out _));
        Assert.Null(book.Claim(1, 3, [dead, second, third], Of, out _));
        Assert.NotNull(book.Claim(1, 2, [dead, second, third], Of, out var changed));
        Assert.False(changed);

        // The one with the right dies after half of it: what it has written counts, what it has not is left.
        Fold(book, "b", 0, 1, new LeaseReturnedFact(Campaign, 0, 1, 60, WrittenOff: false));
        watermarks["b"] = 1;
        Assert.Equal([new LeaseLeft(Campaign, 0, 40)], book.Claim(1, 3, [dead, second with { Sealed = true, LastSequence = 1 }, third], Of, out _));
    }

    [Fact]
    public void an_epoch_that_is_over_gets_nothing_more()
    {
        var book = Counted(1, 2);
        Take(book, epoch: 1, number: 1);
        Assert.NotNull(book.Claim(1, 2, [new NodeEpoch("a", 1, true, 0), new NodeEpoch("b", 2, false, 0)], _ => 0, out _));

        Assert.Equal(0, book.OutOf(Campaign, 0));
        Assert.Null(book.Take(Ask(1, 2, 0)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void no_more_is_ever_out_than_the_budget_whatever_is_lost_late_or_restored(int seed)
    {
        var random = new Random(seed);
        var book = Counted(1, 2, 3);
        var written = new long[4];
        var told = new long[4];
        var numbers = new long[4];
        var last = new long[4];
        var unspent = new long[4];
        for (var step = 0; step < 3_000; step++)
        {
            var epoch = random.Next(1, 4);
            switch (random.Next(4))
            {
                case 0:
                    var granted = Take(book, epoch, ++numbers[epoch], written[epoch]).Granted;
                    if (random.Next(3) > 0)
                    {
                        // The answer arrives, and the grant gets into the node's log.
                        written[epoch] += granted;
                        unspent[epoch] += granted;
                    }

                    break;
                case 1 when written[epoch] > told[epoch]:
                    Fold(book, $"n{epoch}", last[epoch], ++last[epoch], Granted(epoch, written[epoch] - told[epoch]));
                    told[epoch] = written[epoch];
                    break;
                case 2 when unspent[epoch] > 0 && told[epoch] == written[epoch]:
                    var back = random.NextInt64(1, unspent[epoch] + 1);
                    unspent[epoch] -= back;
                    Fold(book, $"n{epoch}", last[epoch], ++last[epoch], new LeaseReturnedFact(Campaign, 0, epoch, back, WrittenOff: false));
                    break;
                case 3:
                    var saved = book.Write();
                    book = new LedgerBook(TimeProvider.System);
                    book.Restore(saved);
                    break;
            }

            Assert.InRange(unspent.Sum(), 0, Budget);
            Assert.InRange(book.OutOf(Campaign, 0), unspent.Sum(), Budget);
        }
    }

    private static LedgerBook Counted(params long[] epochs)
    {
        var book = new LedgerBook(TimeProvider.System);
        foreach (var epoch in epochs)
        {
            CountIn(book, epoch, 5, [Campaign], epochs);
        }

        return book;
    }

    private static bool CountIn(LedgerBook book, long epoch, int version, int[] totals, params long[] live) =>
        book.CountIn(epoch, version, totals, [.. live.Select(one => new NodeEpoch($"n{one}", one, false, 0))], _ => 0);

    private static SliceAsk Ask(long epoch, long number, long written) => new(epoch, number, written, new SliceRequest(Campaign, 0, Budget, 0, 0, 10, 5));

    private static (long Granted, bool HasFree) Take(LedgerBook book, long epoch, long number, long written = 0)
    {
        var slice = book.Take(Ask(epoch, number, written))!.Value;
        return (slice.GrantedMicros, slice.FreeMicros > 0);
    }

    private static LeaseGrantedFact Granted(long epoch, long micros) => new(Campaign, 0, epoch, micros);

    private static void Fold(LedgerBook book, string node, long from, long to, Fact fact)
    {
        var ledger = new CampaignLedger();
        var grants = new List<((int, int, long), long)>();
        if (fact is LeaseGrantedFact granted)
        {
            ledger.Apply(granted);
            grants.Add(((granted.Campaign, granted.Day, granted.HolderEpoch), granted.AmountMicros));
        }
        else
        {
            ledger.Apply((LeaseReturnedFact)fact);
        }

        Assert.True(book.TryFold(new RangeReport(node, 0, from, to, LedgerBook.WriteDelta([new(Campaign, ledger)], new ExperimentBook(), grants))));
    }
}
