using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Identity;
using PmOrleans.Decisioning.Segments;

namespace PmOrleans.Decisioning.Tests.Segments;

/// <summary>The owner's figures against plain sets, with duplicates, saves and restores in between.</summary>
public sealed class SegmentFoldTests
{
    [Fact]
    public void sizes_flows_overlaps_and_sums_equal_a_plain_recount_whatever_is_repeated_saved_and_restored() =>
        Check.One(
            Config.QuickThrowOnFailure.WithReplay(20_261_124, 9).WithMaxTest(200),
            Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed => Run(new Random(seed))));

    [Fact]
    public void a_gap_is_refused_and_what_was_folded_is_dropped()
    {
        using var fold = new SegmentFold();
        var key = new CustomerKey(1, 2);
        fold.Apply(1, key, [new SegmentChangeFact(0, [3], [], [])]);
        fold.Apply(1, key, [new SegmentChangeFact(0, [3], [], [])]);

        Assert.Throws<InvalidOperationException>(() => fold.Apply(3, key, []));
        Assert.Equal((1L, 1L), (fold.SizeOf(3), fold.EnteredOf(3)));
    }

    [Fact]
    public void the_last_sixty_minutes_are_kept_and_older_ones_count_in_the_totals()
    {
        using var fold = new SegmentFold();
        const long minute = 60_000_000;
        for (var i = 0; i < 100; i++)
        {
            fold.Apply(i + 1, new CustomerKey((ulong)i + 1, 1), [new SegmentChangeFact((1000 + i) * minute, [1], [], [])]);
        }

        fold.Apply(101, new CustomerKey(500, 1), [new SegmentChangeFact(1000 * minute, [1], [], [])]);
        var minutes = fold.MinutesOf(1, 1099 * minute);

        Assert.Equal((101L, 101L), (fold.SizeOf(1), fold.EnteredOf(1)));
        Assert.Equal(60, minutes.Count);
        Assert.All(minutes, seen => Assert.Equal((1L, 0L), (seen.Entered, seen.Left)));
        Assert.Equal((1040 * minute, 1099 * minute), (minutes[0].AtMicros, minutes[^1].AtMicros));
        Assert.Equal(30, fold.MinutesOf(1, 1129 * minute).Count);
        Assert.Empty(fold.MinutesOf(1, 5000 * minute));
    }

    private static void Run(Random random)
    {
        var customers = Enumerable.Range(1, random.Next(1, 200)).Select(i => new CustomerKey((ulong)i, (ulong)random.NextInt64())).ToArray();
        var members = customers.ToDictionary(customer => customer, _ => new HashSet<int>());
        var amounts = new Dictionary<(CustomerKey, int), long>();
        var flows = new Dictionary<int, (long Entered, long Left)>();
        byte[] saved = [];
        List<byte[]> journals = [];
        var fold = new SegmentFold();
        for (var sequence = 1L; sequence <= 300; sequence++)
        {
            var customer = customers[random.Next(customers.Length)];
            var known = members[customer];
            List<Fact> facts = [];
            if (random.Next(30) == 0)
            {
                facts.Add(new SegmentChangeFact(sequence, [], [.. known.Order()], []));
                facts.Add(new ErasureFact(sequence));
                Move([], known);
                foreach (var amount in Enumerable.Range(1, 3))
                {
                    amounts.Remove((customer, amount));
                }
            }
            else
            {
                var flipped = Enumerable.Range(1, 70).OrderBy(_ => random.Next()).Take(random.Next(4)).ToArray();
                ImmutableArray<int> entered = [.. flipped.Where(number => !known.Contains(number)).Order()];
                ImmutableArray<int> left = [.. flipped.Where(known.Contains).Order()];
                ImmutableArray<SegmentAmount> reported = [.. Enumerable.Range(1, 3).Where(_ => random.Next(4) == 0).Select(number => new SegmentAmount(number, random.NextInt64() - (long.MaxValue / 2)))];
                facts.Add(new SegmentChangeFact(sequence, entered, left, reported));
                Move(entered, left);
                foreach (var (number, micros) in reported)
                {
                    amounts[(customer, number)] = micros;
                }
            }

            fold.Apply(sequence, customer, facts);
            if (random.Next(3) == 0)
            {
                fold.Apply(sequence, customer, facts);
            }

            switch (random.Next(20))
            {
                case 0:
                    saved = fold.WriteBase();
                    journals.Clear();
                    fold.BeginJournal();
                    break;
                case 1 or 2:
                    journals.Add(fold.Journal.ToArray());
                    fold.BeginJournal();
                    break;
                case 3:
                    journals.Add(fold.Journal.ToArray());
                    fold.Dispose();
                    fold = saved.Length == 0 ? new SegmentFold() : SegmentFold.ReadBase(saved);
                    journals.ForEach(journal => fold.ReadJournal(journal));
                    fold.StandAt(sequence);
                    break;
            }

            void Move(IEnumerable<int> entered, IEnumerable<int> left)
            {
                foreach (var number in left.ToArray())
                {
                    known.Remove(number);
                    flows[number] = (flows.GetValueOrDefault(number).Entered, flows.GetValueOrDefault(number).Left + 1);
                }

                foreach (var number in entered)
                {
                    known.Add(number);
                    flows[number] = (flows.GetValueOrDefault(number).Entered + 1, flows.GetValueOrDefault(number).Left);
                }
            }
        }

        foreach (var number in Enumerable.Range(1, 70))
        {
            var inside = customers.Where(customer => members[customer].Contains(number)).ToArray();
            Assert.Equal(inside.Length, fold.SizeOf(number));
            Assert.Equal(flows.GetValueOrDefault(number), (fold.EnteredOf(number), fold.LeftOf(number)));
            Assert.Equal(inside.Count(customer => members[customer].Contains(1)), fold.OverlapOf(number, 1));
            foreach (var amount in Enumerable.Range(1, 3))
            {
                Int128 sum = 0;
                foreach (var customer in inside)
                {
                    sum += amounts.GetValueOrDefault((customer, amount));
                }

                Assert.Equal(sum, fold.SumOf(number, amount));
            }
        }

        Assert.Equal(300, fold.Watermark);
        Assert.Equal(customers.Count(customer => members[customer].Count > 0 || Enumerable.Range(1, 3).Any(amount => amounts.ContainsKey((customer, amount)))), fold.Customers);
        fold.Dispose();
    }
}
