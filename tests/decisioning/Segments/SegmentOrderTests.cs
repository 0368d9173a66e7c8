using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Identity;
using PmOrleans.Decisioning.Segments;

namespace PmOrleans.Decisioning.Tests.Segments;

/// <summary>Facts of customers who move between nodes, told in any order, come to what they come to in theirs.</summary>
public sealed class SegmentOrderTests
{
    private const int Segments = 5;
    private const int Amounts = 2;

    [Fact]
    public void figures_hang_on_the_facts_and_not_on_the_order_they_are_told_in() => Check.One(
        Config.QuickThrowOnFailure.WithReplay(20_261_124, 11).WithMaxTest(200),
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed => Run(new Random(seed))));

    [Fact]
    public void an_amount_told_late_of_an_erased_customer_is_dropped()
    {
        using var fold = new SegmentFold();
        var key = new CustomerKey(1, 2);
        fold.ApplyInAnyOrder(key, 3, new ErasureFact(10));
        fold.ApplyInAnyOrder(key, 2, new SegmentChangeFact(9, [], [1], []));
        fold.ApplyInAnyOrder(key, 1, new SegmentChangeFact(8, [1], [], [new SegmentAmount(1, 5)]));

        Assert.Equal((0, 0L, 1L, 1L), (fold.CountOf(1), fold.SizeOf(1), fold.EnteredOf(1), fold.LeftOf(1)));
        Assert.Equal(0, fold.Customers);
    }

    private static void Run(Random random)
    {
        var told = new List<(CustomerKey Customer, long Sequence, Fact Fact)>();
        using var expected = new SegmentFold();
        long sequence = 0;
        foreach (var customer in Enumerable.Range(1, random.Next(1, 20)).Select(number => new CustomerKey((ulong)number, 1)))
        {
            var isIn = new HashSet<int>();
            var facts = random.Next(1, 15);
            for (var n = 1; n <= facts; n++)
            {
                var moved = Enumerable.Range(1, Segments).Where(_ => random.Next(3) == 0).ToList();
                var left = moved.Where(isIn.Contains).ToImmutableArray();
                var entered = moved.Where(segment => !isIn.Contains(segment)).ToImmutableArray();
                isIn.SymmetricExceptWith(moved);
                var amounts = Enumerable.Range(1, Amounts).Where(_ => random.Next(2) == 0).Select(amount => new SegmentAmount(amount, random.Next(-50, 50))).ToImmutableArray();
                Tell(customer, n, new SegmentChangeFact(n * 60_000_000L, entered, left, amounts));
            }

            if (random.Next(4) == 0)
            {
                Tell(customer, facts + 1, new SegmentChangeFact(facts * 60_000_000L, [], [.. isIn], []));
                Tell(customer, facts + 2, new ErasureFact(facts * 60_000_000L));
            }
        }

        using var fold = Fold(told, random);

        for (var segment = 1; segment <= Segments; segment++)
        {
            Assert.Equal(expected.SizeOf(segment), fold.SizeOf(segment));
            Assert.Equal(expected.EnteredOf(segment), fold.EnteredOf(segment));
            Assert.Equal(expected.LeftOf(segment), fold.LeftOf(segment));
            for (var other = 1; other <= Segments; other++)
            {
                Assert.Equal(expected.OverlapOf(segment, other), fold.OverlapOf(segment, other));
            }

            for (var amount = 1; amount <= Amounts; amount++)
            {
                Assert.Equal(expected.SumOf(segment, amount), fold.SumOf(segment, amount));
            }
        }

        Assert.Equal(expected.Customers, fold.Customers);

        void Tell(CustomerKey customer, long of, Fact fact)
        {
            expected.Apply(++sequence, customer, [fact]);
            told.Add((customer, of, fact));
        }
    }

    /// <summary>Shuffled, and saved and restored somewhere on the way.</summary>
    private static SegmentFold Fold(List<(CustomerKey Customer, long Sequence, Fact Fact)> told, Random random)
    {
        var order = told.ToArray();
        random.Shuffle(order);
        var fold = new SegmentFold();
        var restart = random.Next(order.Length);
        for (var i = 0; i < order.Length; i++)
        {
            fold.ApplyInAnyOrder(order[i].Customer, order[i].Sequence, order[i].Fact);
            if (i == restart)
            {
                using var writer = new ByteWriter();
                fold.WriteOrder(writer);
                var saved = fold.WriteBase();
                fold.Dispose();
                fold = SegmentFold.ReadBase(saved);
                var reader = new ByteReader(writer.Written);
                fold.ReadOrder(ref reader);
                reader.End();
            }
        }

        return fold;
    }
}
