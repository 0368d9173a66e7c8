using System.Diagnostics;
using System.Globalization;
using PmOrleans.Decisioning.Decisions;
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

    /// <param name="args"><c>--segments N</c> (default 200), <c>--node 0</c> to leave out the node, <c>--exits N</c> (default 30,000; 0: none), <c>--rate N</c> exits a second (default 10,000).</param>
    public static async Task RunAsync(string[] args)
    {
        BenchmarkMachine.Print();
        var segments = BenchmarkOptions.Number(args, "--segments", 200);
        Core(segments);
        if (BenchmarkOptions.Number(args, "--node", 1) > 0)
        {
            await NodeAsync(segments);
        }

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

    /// <summary>The same through a whole node with its log: batches of 100 touchpoints of different customers, and single decisions.</summary>
    private static async Task NodeAsync(int segments)
    {
        var data = Directory.CreateTempSubdirectory("pmorleans-bench-").FullName;
        try
        {
            await using var without = await OpenAsync(Path.Combine(data, "without"), SegmentScenario.Yaml(0));
            await using var with = await OpenAsync(Path.Combine(data, "with"), SegmentScenario.Yaml(segments));
            const int rounds = 7;
            double[,] rates = new double[4, rounds];
            for (var round = -2; round < rounds; round++)
            {
                double[] measured = [await IngestAsync(without, round), await IngestAsync(with, round), await DecideAsync(without, round), await DecideAsync(with, round)];
                for (var i = 0; round >= 0 && i < measured.Length; i++)
                {
                    rates[i, round] = measured[i];
                }
            }

            var medians = Enumerable.Range(0, 4).Select(i => Enumerable.Range(0, rounds).Select(round => rates[i, round]).Order().ElementAt(rounds / 2)).ToArray();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"node, committed, median of {rounds} rounds: touchpoints {medians[0]:N0}/s without, {medians[1]:N0}/s with, throughput {medians[1] / medians[0]:P1}; "
                + $"decisions {medians[2]:N0}/s without, {medians[3]:N0}/s with, throughput {medians[3] / medians[2]:P1}"));
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private static async Task<EmbeddedNode> OpenAsync(string folder, string yaml)
    {
        var catalog = Directory.CreateDirectory(folder + "-catalog").FullName;
        await File.WriteAllTextAsync(Path.Combine(catalog, "a.yaml"), yaml);
        return await EmbeddedNode.OpenAsync(new EmbeddedNodeOptions { DataFolder = folder, CatalogFolder = catalog });
    }

    private static Task<double> IngestAsync(EmbeddedNode node, int round)
    {
        var random = new Random(round);
        return RateAsync(300, 100, 16, async batch =>
        {
            var touchpoints = new Touchpoint[100];
            for (var i = 0; i < touchpoints.Length; i++)
            {
                touchpoints[i] = SegmentScenario.Next(random) with { CustomerId = $"c-{random.Next(5_000)}", MessageId = $"m-{round}-{batch}-{i}" };
            }

            await node.IngestAsync(touchpoints);
        });
    }

    private static Task<double> DecideAsync(EmbeddedNode node, int round) => RateAsync(10_000, 1, 128, async number => await node.DecideAsync(new DecisionRequest
    {
        CustomerId = $"c-{((number * 7919) + round) % 5_000}",
        Placements = [new PlacementRequest("home", 1, [])],
        Context = [new Property("device", PropertyValue.Of("mobile"))],
    }));

    private static async Task<double> RateAsync(int count, int each, int most, Func<int, Task> work)
    {
        var from = Stopwatch.GetTimestamp();
        var inFlight = new Queue<Task>();
        for (var i = 0; i < count; i++)
        {
            inFlight.Enqueue(work(i));
            if (inFlight.Count >= most)
            {
                await inFlight.Dequeue();
            }
        }

        await Task.WhenAll(inFlight);
        return count * each / Stopwatch.GetElapsedTime(from).TotalSeconds;
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
