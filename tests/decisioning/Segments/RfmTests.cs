using System.Globalization;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Identity;
using PmOrleans.Decisioning.Profiles;
using PmOrleans.Decisioning.Segments;
using PmOrleans.Decisioning.Segments.Rfm;

namespace PmOrleans.Decisioning.Tests.Segments;

public sealed class RfmTests
{
    private static readonly RfmDefinition Definition = new(
        "purchase",
        new SegmentAmountDefinition("last", 1, SegmentAmountSource.RfmLastAt, null),
        new SegmentAmountDefinition("count", 2, SegmentAmountSource.RfmCount, null),
        new SegmentAmountDefinition("value", 3, SegmentAmountSource.RfmValue, null));

    [Fact]
    public void an_edge_is_within_the_stated_error_of_the_exact_quantile_and_never_below_it()
    {
        var random = new Random(4);
        var values = Enumerable.Range(0, 50_000).Select(_ => (long)Math.Exp(random.NextDouble() * 40)).Append(0).Order().ToArray();
        var sketch = new QuantileSketch();
        foreach (var value in values)
        {
            sketch.Add(value);
        }

        foreach (var share in new[] { .01, .2, .4, .5, .6, .8, .99, 1 })
        {
            var exact = values[(int)Math.Ceiling(share * values.Length) - 1];
            Assert.InRange(sketch.Edge(share), exact, (long)Math.Ceiling(exact * (1 + (2 * QuantileSketch.Error / (1 - QuantileSketch.Error)))) + 1);
        }
    }

    [Fact]
    public void small_counts_are_told_apart_exactly()
    {
        for (var value = 1L; value <= 100; value++)
        {
            var sketch = new QuantileSketch();
            sketch.Add(value);
            Assert.Equal(value, sketch.Edge(1));
        }
    }

    [Fact]
    public void sketches_of_parts_add_up_to_the_sketch_of_the_whole()
    {
        var random = new Random(5);
        QuantileSketch whole = new(), left = new(), right = new();
        for (var i = 0; i < 10_000; i++)
        {
            var value = random.NextInt64(0, 1L << random.Next(1, 62));
            whole.Add(value);
            (random.Next(2) == 0 ? left : right).Add(value);
        }

        right.Add(left);

        Assert.Equal(whole.Count, right.Count);
        Assert.All(Enumerable.Range(0, 101), percent => Assert.Equal(whole.Edge(percent / 100.0), right.Edge(percent / 100.0)));
    }

    [Fact]
    public void every_cell_belongs_to_one_group_and_the_best_are_champions()
    {
        var groups = from r in Enumerable.Range(1, 5) from f in Enumerable.Range(1, 5) from m in Enumerable.Range(1, 5) select RfmGroups.GroupOf(new RfmScores(r, f, m));

        Assert.Equal(125, groups.Count());
        Assert.Equal(10, groups.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal("champions", RfmGroups.GroupOf(new RfmScores(5, 5, 5)));
        Assert.Equal("hibernating", RfmGroups.GroupOf(new RfmScores(1, 1, 1)));
        Assert.Equal("new", RfmGroups.GroupOf(new RfmScores(5, 1, 1)));
        Assert.Equal("cannot-lose", RfmGroups.GroupOf(new RfmScores(1, 5, 5)));
    }

    [Fact]
    public void new_edges_concern_just_those_whose_cell_is_another_by_them_or_whose_recency_falls_before_the_time()
    {
        var random = new Random(20_261_129);
        var cells = RfmGroups.CellSegments.ToDictionary(cell => cell.Cell, cell => cell.Cell);
        var buyers = Enumerable.Range(0, 3_000).Select(_ => (Last: random.NextInt64(1_000_000), Count: random.NextInt64(1, 9), Value: random.NextInt64(10_000))).ToArray();
        using var fold = new SegmentFold();
        long sequence = 0;
        for (var n = 0; n < buyers.Length; n++)
        {
            Report(n);
        }

        var before = fold.TakeEdges(Definition, 1_000_000, 1);
        var cellOf = buyers.Select(buyer => CellOf(buyer, before, 1_000_000)).ToArray();
        for (var n = 0; n < buyers.Length - 100; n++)
        {
            // The last hundred have no cell yet.
            fold.Apply(++sequence, Key(n), [new SegmentChangeFact(1_000_000, [cellOf[n]], [], [])]);
        }

        for (var n = 0; n < 500; n++)
        {
            buyers[n] = (1_000_000 + random.NextInt64(50_000), buyers[n].Count + 1, buyers[n].Value + 500);
            Report(n);
            var cell = CellOf(buyers[n], before, 1_050_000);
            fold.Apply(++sequence, Key(n), [new SegmentChangeFact(1_050_000, [cell], cellOf[n] == cell ? [] : [cellOf[n]], [])]);
            cellOf[n] = cell;
        }

        var after = fold.TakeEdges(Definition, 1_060_000, 2);
        var concerned = fold.CustomersToScore(Definition, after, cells, 1_060_000, 1_080_000).ToHashSet();

        for (var n = 0; n < buyers.Length; n++)
        {
            var isAnother = n >= buyers.Length - 100 || CellOf(buyers[n], after, 1_060_000) != cellOf[n];
            var falls = CellOf(buyers[n], after, 1_079_999) != CellOf(buyers[n], after, 1_060_000);
            Assert.Equal(isAnother || falls, concerned.Contains(Key(n)));
        }

        Assert.InRange(concerned.Count, 200, buyers.Length - 1_000);

        static CustomerKey Key(int n) => new((ulong)n, 1);

        static int CellOf((long Last, long Count, long Value) buyer, RfmEdges edges, long now) =>
            RfmScores.Of(new TouchTally("purchase", buyer.Count, buyer.Last, buyer.Value), edges, now).Cell;

        void Report(int n) => fold.Apply(
            ++sequence, Key(n), [new SegmentChangeFact(buyers[n].Last, [], [], [new(1, buyers[n].Last), new(2, buyers[n].Count), new(3, buyers[n].Value)])]);
    }

    [Fact]
    public void edges_are_read_as_they_were_written()
    {
        var edges = new RfmEdges(7, 99, 1234, [1, 2, 3, long.MaxValue], [0, 0, 1, 2], [5, 6, 7, 8]);

        var read = RfmEdges.Read(edges.ToArray());

        Assert.Equal(edges.ToArray(), read.ToArray());
        Assert.Equal((7, 1234L), (read.Generation, read.Customers));
    }

    [CdnowFact]
    public void half_of_the_cdnow_sample_never_bought_again_so_the_edges_of_repeat_frequency_are_0_0_1_2()
    {
        var sketch = new QuantileSketch();
        foreach (var line in File.ReadLines(Path.Combine(CdnowFactAttribute.Folder!, "cdnow_customers_summary.csv")).Skip(1))
        {
            sketch.Add(long.Parse(line.Split(',')[1], CultureInfo.InvariantCulture));
        }

        Assert.Equal(2357, sketch.Count);
        Assert.Equal([0L, 0, 1, 2], new[] { .2, .4, .6, .8 }.Select(sketch.Edge));
    }

    [CdnowFact]
    public void the_quintiles_of_the_whole_cdnow_log_are_those_of_sorting_it()
    {
        var buyers = new SortedDictionary<int, (long Last, long Count, long Value)>();
        using var fold = new SegmentFold();
        long sequence = 0;
        foreach (var line in File.ReadLines(Path.Combine(CdnowFactAttribute.Folder!, "CDNOW_master.txt")).Skip(1))
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var buyer = int.Parse(fields[0], CultureInfo.InvariantCulture);
            var at = (DateTime.ParseExact(fields[1], "yyyyMMdd", CultureInfo.InvariantCulture) - DateTime.UnixEpoch).Ticks / 10;
            var (last, count, value) = buyers.GetValueOrDefault(buyer);
            buyers[buyer] = (Math.Max(last, at), count + 1, value + (long)(decimal.Parse(fields[3], CultureInfo.InvariantCulture) * 1_000_000));
            var now = buyers[buyer];
            fold.Apply(++sequence, new CustomerKey((ulong)buyer, 1), [new SegmentChangeFact(at, [], [], [new(1, now.Last), new(2, now.Count), new(3, now.Value)])]);
        }

        var end = (new DateTime(1998, 7, 1, 0, 0, 0, DateTimeKind.Utc) - DateTime.UnixEpoch).Ticks / 10;
        var edges = fold.TakeEdges(Definition, end, 1);

        Assert.Equal((69_659L, 23_570L), (sequence, edges.Customers));
        AssertNear(buyers.Values.Select(buyer => end - buyer.Last), edges.RecencyMicros);
        AssertNear(buyers.Values.Select(buyer => buyer.Value), edges.ValueMicros);
        Assert.Equal(Exact(buyers.Values.Select(buyer => buyer.Count)), edges.Frequency);
        // Whoever is as good as another has the same score, so no score has to hold exactly a fifth; all of them together hold everybody.
        var cells = buyers.Values.GroupBy(buyer => new RfmScores(edges.ScoreRecency(end - buyer.Last), edges.ScoreFrequency(buyer.Count), edges.ScoreValue(buyer.Value)).Cell);
        Assert.Equal(23_570, cells.Sum(cell => cell.Count()));
        Assert.InRange(buyers.Values.Count(buyer => edges.ScoreValue(buyer.Value) == 5), 4_500, 4_900);
    }

    private static void AssertNear(IEnumerable<long> values, IReadOnlyList<long> edges)
    {
        foreach (var (exact, edge) in Exact(values).Zip(edges))
        {
            Assert.InRange(edge, exact, (long)(exact * 1.0102) + 1);
        }
    }

    private static long[] Exact(IEnumerable<long> values)
    {
        var sorted = values.Order().ToArray();
        return [.. new[] { .2, .4, .6, .8 }.Select(share => sorted[(int)Math.Ceiling(share * sorted.Length) - 1])];
    }
}
