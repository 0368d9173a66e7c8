using System.Diagnostics;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Embedded;
using PmOrleans.Node.Port;

namespace PmOrleans.Benchmarks;

/// <summary>
/// Whom the offers of the sample shop reach, counted over many customers: all live, then all asleep. Beside it, decisions without and with a count running, and
/// previews with a draft.
/// </summary>
public static class ReachCount
{
    private const int Batch = 1000;

    /// <summary>Longer than a start has to do behind its first decisions.</summary>
    private static readonly TimeSpan BehindStart = TimeSpan.FromSeconds(8);

    /// <param name="args"><c>--customers N</c> (default 1,000,000).</param>
    public static async Task RunAsync(string[] args)
    {
        var customers = BenchmarkOptions.Number(args, "--customers", 1_000_000);
        BenchmarkMachine.Print();
        var data = Directory.CreateTempSubdirectory("pmorleans-bench-").FullName;
        try
        {
            await using (var node = await EmbeddedNode.OpenAsync(Options(data, Math.Max(customers + 10_000, 1000))))
            {
                var filling = Stopwatch.StartNew();
                for (var first = 0; first < customers; first += Batch)
                {
                    await node.IngestAsync([.. Enumerable.Range(first, Math.Min(Batch, customers - first)).SelectMany(Customer)]);
                }

                Console.WriteLine($"{customers:N0} customers of 8 touchpoints filled in {filling.Elapsed.TotalSeconds:F0} s");
                await QuietAsync(node);
                await PreviewsAsync(node, customers);
                await DecideAsync(node, customers, "decisions alone", () => Task.FromResult(true));
                await CountAsync(node, "all live", customers);
            }

            await using (var node = await EmbeddedNode.OpenAsync(Options(data, 1000)))
            {
                await QuietAsync(node);
                await CountAsync(node, "all asleep", customers);
            }
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private static EmbeddedNodeOptions Options(string data, int live) => new()
    {
        DataFolder = data,
        CatalogFolder = Path.Combine(AppContext.BaseDirectory, "samples", "shop"),
        MaxLiveCustomers = live,
    };

    private static IEnumerable<Touchpoint> Customer(int number)
    {
        var id = $"c-{number}";
        var random = new Random(number);
        string[] tiers = ["none", "silver", "gold", "platinum"];
        yield return new Touchpoint { CustomerId = id, MessageId = "i", Type = "identify", Set = [new Property("tier", PropertyValue.Of(tiers[random.Next(4)]))] };
        yield return new Touchpoint { CustomerId = id, MessageId = "c", Type = "consent", Purpose = "marketing", Granted = random.Next(2) == 0 };
        for (var i = 0; i < 5; i++)
        {
            yield return new Touchpoint { CustomerId = id, MessageId = $"v{i}", Type = random.Next(3) == 0 ? "view_tea" : "view", Channel = "web" };
        }

        yield return new Touchpoint { CustomerId = id, MessageId = "p", Type = "purchase", ValueMicros = random.Next(500) * 1_000_000L, Channel = "app" };
    }

    /// <summary>
    /// The sample shop has RFM: new edges wake everybody who ever bought. And a start restores the figures of segments and reads the table of decision ids behind its
    /// first decisions. What is measured is a node that has nothing else to do.
    /// </summary>
    private static async Task QuietAsync(EmbeddedNode node)
    {
        var since = Stopwatch.StartNew();
        await node.ReadSegmentsAsync();
        for (var (quiet, last) = (0, -1L); (quiet < 5 || since.Elapsed < BehindStart) && since.Elapsed < TimeSpan.FromMinutes(3);)
        {
            await Task.Delay(300);
            (quiet, last) = node.Log.CommittedSequence == last ? (quiet + 1, last) : (0, node.Log.CommittedSequence);
        }
    }

    private static async Task CountAsync(EmbeddedNode node, string name, int customers)
    {
        var watch = Stopwatch.StartNew();
        var processor = Environment.CpuUsage.TotalTime;
        var begun = (await node.StartReachAsync(CatalogChoice.Live, [])).Value!;
        await DecideAsync(node, customers, $"decisions beside the count ({name})", async () => (await node.ReadReachAsync(begun.Id)).Value!.Status == "running");
        ReachView view;
        while ((view = (await node.ReadReachAsync(begun.Id)).Value!).Status == "running")
        {
            await Task.Delay(5);
        }

        var seconds = (view.EndedAtMicros!.Value - view.StartedAtMicros) / 1e6;
        Console.WriteLine($"reach, {name}: {view.Customers:N0} customers, {view.Offers.Count} offers, {view.Status} in {seconds:F1} s (goal 10 s a million), "
            + $"{view.Customers / seconds:N0} customers/s, {(Environment.CpuUsage.TotalTime - processor).TotalMicroseconds / view.Customers:F1} us of processor each "
            + $"with the decisions beside it, seen after {watch.Elapsed.TotalSeconds:F1} s");
    }

    /// <summary>One caller after the other's answer, for two seconds at least and while it is asked for.</summary>
    private static async Task DecideAsync(EmbeddedNode node, int customers, string name, Func<Task<bool>> goesOn)
    {
        var random = new Random(7);
        var times = new List<double>();
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < TimeSpan.FromSeconds(2) && await goesOn())
        {
            var began = Stopwatch.GetTimestamp();
            await node.DecideAsync(new DecisionRequest { CustomerId = $"c-{random.Next(customers)}", Placements = [new PlacementRequest("home.hero", 1, [])], DryRun = true });
            times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }

        times.Sort();
        Console.WriteLine($"{name}: {times.Count:N0}, median {times[times.Count / 2] * 1000:F0} µs, 99 % under {times[(int)(times.Count * .99)]:F2} ms, longest {times[^1]:F1} ms");
    }

    private static async Task PreviewsAsync(EmbeddedNode node, int customers)
    {
        // As the gateway stores a draft: what was validated is compiled already.
        var draft = (await node.ReadCatalogAsync()).Value!.Bundle;
        await node.SaveDraftAsync("bench", draft, PublishNote.None, null, null);
        await node.ValidateAsync(draft);
        var random = new Random(5);
        var times = new List<double>();
        var (longest, paused) = (0.0, TimeSpan.Zero);
        for (var i = 0; i < 500; i++)
        {
            var request = new DecisionRequest { CustomerId = $"c-{random.Next(customers)}", Placements = [new PlacementRequest("home.hero", 1, []), new PlacementRequest("home.grid", 4, [])] };
            var (began, pauses) = (Stopwatch.GetTimestamp(), GC.GetTotalPauseDuration());
            await node.PreviewAsync(new PreviewRequest(new CatalogChoice("bench", null), request, Described: false));
            times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            if (i > 0 && times[i] > longest)
            {
                (longest, paused) = (times[i], GC.GetTotalPauseDuration() - pauses);
            }
        }

        Console.WriteLine($"previews with a draft: first {times[0]:F1} ms, then median {times.Skip(1).Order().ElementAt(249):F2} ms, longest {longest:F1} ms, {paused.TotalMilliseconds:F1} ms of it the collector's (goal 50 ms)");
    }
}
