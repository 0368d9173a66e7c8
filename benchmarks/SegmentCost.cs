using System.Diagnostics;
using System.Globalization;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Identity;
using PmOrleans.Node.Embedded;

namespace PmOrleans.Benchmarks;

/// <summary>
/// What 200 segments and RFM with its 135 cost: touchpoints and decisions of the core with and without them, turn by turn in one run; then how late the
/// fact of a window's end comes in a node with many of them a second.
/// </summary>
public static class SegmentCost
{
    private const int Customers = 2_000;
    private const int Rounds = 31;

    /// <param name="args"><c>--segments N</c> (default 200), <c>--exits N</c> (default 30,000; 0: none), <c>--rate N</c> exits a second (default 10,000).</param>
    public static async Task RunAsync(string[] args)
    {
        BenchmarkMachine.Print();
        Core(BenchmarkOptions.Number(args, "--segments", 200));
        var exits = BenchmarkOptions.Number(args, "--exits", 30_000);
        if (exits > 0)
        {
            await ExitsAsync(exits, BenchmarkOptions.Number(args, "--rate", 10_000));
        }
    }

    private static void Core(int segments)
    {
        using var without = new SegmentScenario(0, Customers);
        using var with = new SegmentScenario(segments, Customers);
        Console.WriteLine($"core, one thread, median of {Rounds} rounds of {Customers}, {with.Segments} segments against none");
        Compare("touchpoints", without, with, scenario => scenario.IngestAll());
        Compare("decisions", without, with, scenario => scenario.DecideAll());
    }

    private static void Compare(string name, SegmentScenario without, SegmentScenario with, Action<SegmentScenario> round)
    {
        for (var warmUp = 0; warmUp < 40; warmUp++)
        {
            round(without);
            round(with);
        }

        double[] bare = new double[Rounds], full = new double[Rounds];
        long changes = 0;
        for (var i = 0; i < Rounds; i++)
        {
            bare[i] = Micros(without, round);
            full[i] = Micros(with, round);
            changes += with.Last.Changes;
        }

        Array.Sort(bare);
        Array.Sort(full);
        var (before, after) = (bare[Rounds / 2], full[Rounds / 2]);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name,-14} {1e6 / before,10:N0}/s without  {1e6 / after,10:N0}/s with  {after - before,6:N2} us more  throughput {before / after:P1}"
            + $"  {changes / (double)Rounds / Customers:N3} changes each, record {with.Last.Bytes / Customers} B against {without.Last.Bytes / Customers} B"));
    }

    private static double Micros(SegmentScenario scenario, Action<SegmentScenario> round)
    {
        var from = Stopwatch.GetTimestamp();
        round(scenario);
        return Stopwatch.GetElapsedTime(from).TotalMicroseconds / scenario.Customers;
    }

    /// <summary>Customers who view once, spread over seconds; a minute later each leaves a segment because its window has ended.</summary>
    private static async Task ExitsAsync(int exits, int perSecond)
    {
        var data = Directory.CreateTempSubdirectory("pmorleans-bench-").FullName;
        try
        {
            var catalog = Path.Combine(data, "catalog");
            Directory.CreateDirectory(catalog);
            await File.WriteAllTextAsync(Path.Combine(catalog, "a.yaml"), "metrics:\n  views: count(view) over 1m\nsegments:\n  here: metrics.views > 0\nplacements:\n  p: { channel: web, fallback: { offer: f, content: {} } }\n");
            await using var node = await EmbeddedNode.OpenAsync(new EmbeddedNodeOptions { DataFolder = Path.Combine(data, "store"), CatalogFolder = catalog });
            var clock = Stopwatch.StartNew();
            var inFlight = new Queue<Task>();
            for (var sent = 0; sent < exits; sent += 100)
            {
                var due = TimeSpan.FromSeconds(sent / (double)perSecond);
                if (due > clock.Elapsed)
                {
                    await Task.Delay(due - clock.Elapsed);
                }

                inFlight.Enqueue(node.IngestAsync([.. Enumerable.Range(sent, 100).Select(i => new Touchpoint { CustomerId = $"c-{i}", MessageId = "m", Type = "view" })]).AsTask());
                if (inFlight.Count > 64)
                {
                    await inFlight.Dequeue();
                }
            }

            await Task.WhenAll(inFlight);
            var filled = clock.Elapsed;
            await Task.Delay(TimeSpan.FromSeconds(65) + filled - clock.Elapsed + filled);
            var size = (await node.ReadSegmentAsync("here")).Value!;
            var late = Lateness(node);
            Array.Sort(late);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{late.Length:N0} exits of {exits:N0} in {filled.TotalSeconds:N1} s ({exits / filled.TotalSeconds:N0} a second), {size.Size} left inside; "
                + $"the fact came after its time: p50 {late[late.Length / 2] / 1e3:N0} ms, p99 {late[(int)(late.Length * .99)] / 1e3:N0} ms, most {late[^1] / 1e3:N0} ms"));
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private static double[] Lateness(EmbeddedNode node)
    {
        var views = new Dictionary<CustomerKey, long>();
        var late = new List<double>();
        for (long after = 0; node.Log.Reader.ReadRange(after, 2000) is { Count: > 0 } rows; after = rows[^1].Sequence)
        {
            foreach (var row in rows)
            {
                foreach (var fact in FactCodec.Read(row.Accounting, []))
                {
                    if (fact is TouchpointFact touchpoint)
                    {
                        views[row.Customer] = touchpoint.AtMicros;
                    }
                    else if (fact is SegmentChangeFact { Left.Length: > 0 } change)
                    {
                        late.Add(change.AtMicros - views[row.Customer] - 60_000_000);
                    }
                }
            }
        }

        return [.. late];
    }
}
