using System.Diagnostics;
using PmOrleans.Benchmarks.Http;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Embedded;

namespace PmOrleans.Benchmarks;

/// <summary>
/// Many live customers with 20 facts each: bytes in memory, first decision after a restart, restart after a kill under load. Or, with segments on, bytes in
/// memory and how soon their figures show what a customer did.
/// </summary>
public static class LiveCustomers
{
    private const int FactsEach = 20;

    /// <param name="args"><c>--customers N</c> (default 1,000,000), <c>--segments N</c> (default 0: the sample shop) rules of segments, with RFM and its 135.</param>
    public static async Task RunAsync(string[] args)
    {
        var customers = BenchmarkOptions.Number(args, "--customers", 1_000_000);
        var segments = BenchmarkOptions.Number(args, "--segments", 0);
        BenchmarkMachine.Print();
        var data = Directory.CreateTempSubdirectory("pmorleans-bench-").FullName;
        try
        {
            if (segments > 0)
            {
                await SegmentsAsync(data, customers, segments);
                return;
            }

            await using (var node = await EmbeddedNode.OpenAsync(Options(data)))
            {
                await FillAsync(node, customers, "home.hero");
            }

            await RestartAsync(data, customers);
            await KillAsync(data, customers);
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private static EmbeddedNodeOptions Options(string data) => new()
    {
        DataFolder = data,
        CatalogFolder = Path.Combine(AppContext.BaseDirectory, "samples", "shop"),
        MaxLiveCustomers = 2_000_000,
        SnapshotAge = TimeSpan.FromSeconds(5),
    };

    /// <summary>A shop's catalog with many segments instead of the sample: memory, and how long after an answer the figures show what it was about.</summary>
    private static async Task SegmentsAsync(string data, int customers, int segments)
    {
        var catalog = Directory.CreateDirectory(Path.Combine(data, "catalog")).FullName;
        await File.WriteAllTextAsync(Path.Combine(catalog, "a.yaml"), SegmentScenario.Yaml(segments));
        await using var node = await EmbeddedNode.OpenAsync(Options(Path.Combine(data, "store")) with { CatalogFolder = catalog });
        await FillAsync(node, customers, "home");
        var random = new Random(5);
        var shown = new List<double>();
        for (var i = 0; i < 200; i++)
        {
            var size = (await node.ReadSegmentAsync("s17")).Value!.Size;
            var id = $"new-{i}";
            await node.IngestAsync([new Touchpoint { CustomerId = id, MessageId = "m", Type = "identify", Set = [new Property("city", PropertyValue.Of("city-2"))] }]);
            var answered = Stopwatch.GetTimestamp();
            while ((await node.ReadSegmentAsync("s17")).Value!.Size == size)
            {
                await Task.Delay(1);
            }

            shown.Add(Stopwatch.GetElapsedTime(answered).TotalMilliseconds);
        }

        shown.Sort();
        var watch = Stopwatch.StartNew();
        var all = (await node.ReadSegmentsAsync()).Value!;
        var read = watch.Elapsed;
        watch.Restart();
        for (var i = 0; i < 100; i++)
        {
            await node.ReadSegmentOverlapAsync(all[random.Next(all.Count)].Id, all[random.Next(all.Count)].Id);
        }

        Console.WriteLine($"{all.Count} segments: a change is in the size {shown[shown.Count / 2]:F2} ms after its answer (most {shown[^1]:F2} ms; goal 1,000); "
            + $"all sizes and sums read in {read.TotalMilliseconds:F0} ms, an overlap in {watch.Elapsed.TotalMilliseconds / 100:F2} ms");
    }

    private static async Task FillAsync(EmbeddedNode node, int customers, string placement)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var filling = Stopwatch.StartNew();
        var inFlight = new Queue<Task>();
        for (var customer = 0; customer < customers; customer++)
        {
            inFlight.Enqueue(FillOneAsync(node, customer, placement));
            if (inFlight.Count >= 512)
            {
                await inFlight.Dequeue();
            }
        }

        await Task.WhenAll(inFlight);
        var filled = filling.Elapsed;
        while (node.Dirty.Count > 0 && filling.Elapsed < filled + TimeSpan.FromMinutes(2))
        {
            // A live customer is one that is saved and quiet; who was just written to keeps some room to grow.
            await Task.Delay(200);
        }

        var after = GC.GetTotalMemory(forceFullCollection: true);
        Console.WriteLine($"{customers:N0} customers of {FactsEach} facts: {(after - before) / (double)customers:N0} bytes a live customer (goal 2,048), "
            + $"filled in {filled.TotalSeconds:F0} s, {customers * (double)FactsEach / filled.TotalSeconds:N0} facts/s committed");
    }

    /// <summary>Twenty facts in two records: touchpoints as they come in a visit, then a decision with its outcome.</summary>
    private static async Task FillOneAsync(EmbeddedNode node, int number, string placement)
    {
        var id = $"c-{number}";
        var touchpoints = new Touchpoint[17];
        for (var i = 0; i < touchpoints.Length; i++)
        {
            touchpoints[i] = new Touchpoint
            {
                MessageId = $"m-{number}-{i}",
                CustomerId = id,
                Type = i switch { 0 => "identify", < 12 => "view", < 15 => "cart_add", _ => "purchase" },
                Channel = "web",
                ValueMicros = i >= 15 ? 59_900_000 : null,
                Set = i == 0 ? [new Property("tier", PropertyValue.Of("gold"))] : [],
            };
        }

        await node.IngestAsync(touchpoints);
        var decided = await node.DecideAsync(new DecisionRequest
        {
            CustomerId = id,
            Placements = [new PlacementRequest(placement, 1, [])],
            Context = [new Property("channel", PropertyValue.Of("web")), new Property("locale", PropertyValue.Of("zh-CN"))],
        });
        await node.IngestAsync(
        [
            new Touchpoint { MessageId = $"m-{number}-i", CustomerId = id, Type = "impression", DecisionId = decided.Value!.DecisionId },
        ]);
    }

    private static async Task RestartAsync(string data, int customers)
    {
        var began = Stopwatch.StartNew();
        using var gateway = await ServerProcess.StartGatewayAsync(18184, data);
        using var connection = new HttpConnection();
        await connection.ConnectAsync(gateway.Port);
        var status = await connection.SendAsync(Decision(customers / 2, "first"));
        Console.WriteLine($"first decision {began.Elapsed.TotalSeconds:F2} s after the start of the process (goal 2 s), status {status}");
    }

    private static async Task KillAsync(string data, int customers)
    {
        using (var gateway = await ServerProcess.StartGatewayAsync(18185, data))
        {
            var load = HttpLoad.ClosedAsync(gateway.Port, 64, TimeSpan.FromSeconds(20), number => Decision(number % customers, $"k-{number}"));
            await Task.Delay(TimeSpan.FromSeconds(10));
            gateway.Kill();
            try
            {
                await load;
            }
            catch (Exception broken) when (broken is IOException or System.Net.Sockets.SocketException)
            {
                // That is what was asked for.
            }
        }

        var began = Stopwatch.StartNew();
        using var again = await ServerProcess.StartGatewayAsync(18186, data);
        using var connection = new HttpConnection();
        await connection.ConnectAsync(again.Port);
        var status = await connection.SendAsync(Decision(1, "after"));
        Console.WriteLine($"first decision {began.Elapsed.TotalSeconds:F2} s after a kill at full load (goal 5 s), status {status}");
    }

    private static byte[] Decision(long customer, string id) => HttpConnection.Request(
        "/v1/decisions", $$"""{"decisionId":"{{id}}","customerId":"c-{{customer}}","placements":[{"id":"home.hero","count":1}]}""");
}
