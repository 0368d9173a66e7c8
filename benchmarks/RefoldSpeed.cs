using System.Diagnostics;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Catalog;
using PmOrleans.Node.Embedded;

namespace PmOrleans.Benchmarks;

/// <summary>
/// A store of sleeping customers after publishes that change what they are folded with: a metric over what all of them did, one over what nobody did, a
/// segment nobody is in. Baseline: reading and decoding every customer without anything to change.
/// </summary>
public static class RefoldSpeed
{
    private const string Catalog = """
        catalog: { currency: EUR }
        placements: { p: { channel: web } }
        metrics:
          views7d: count(view) over 7d
          spend30d: sum(purchase.value) over 30d
        """;

    /// <param name="args">
    /// <c>--customers N</c> (default 300,000), <c>--records N</c> for each (default 2) of five touchpoints, <c>--threads N</c> (default all), <c>--rounds N</c>
    /// of the whole history (default 1), each for another metric.
    /// </param>
    public static async Task RunAsync(string[] args)
    {
        var customers = BenchmarkOptions.Number(args, "--customers", 300_000);
        var records = BenchmarkOptions.Number(args, "--records", 2);
        var threads = BenchmarkOptions.Number(args, "--threads", Environment.ProcessorCount);
        var rounds = BenchmarkOptions.Number(args, "--rounds", 1);
        BenchmarkMachine.Print();
        var data = Directory.CreateTempSubdirectory("pmorleans-bench-").FullName;
        try
        {
            var options = new EmbeddedNodeOptions
            {
                DataFolder = data,
                RefoldThreads = threads,
                RefoldsPerSecond = int.MaxValue,
                MaxLiveCustomers = 1_000,
            };
            await FillAsync(options, customers, records);
            await using var node = await EmbeddedNode.OpenAsync(options);
            var idle = await PassAsync(node, customers, Catalog + "\nsegments: { none: counts.nothing > 5 }", "segment nobody is in (read, decode, evaluate)");
            var fresh = await PassAsync(node, customers, Catalog + "\n  seldom: count(never) over 7d\nsegments: { none: counts.nothing > 5 }", "metric over what nobody did");
            var full = 0.0;
            for (var round = 0; round < rounds; round++)
            {
                full = await PassAsync(
                    node, customers, Catalog + $"\n  views{30 + round}d: count(view) over {30 + round}d\nsegments: {{ none: counts.nothing > 5 }}", $"metric over what all did (history of {records} records, {records * 5} facts)");
            }

            Console.WriteLine($"of reading alone: metric over what nobody did {fresh / idle:P0}, metric over what all did {full / idle:P0} of the rate");
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private static async Task FillAsync(EmbeddedNodeOptions options, int customers, int records)
    {
        await using var node = await EmbeddedNode.OpenAsync(options with { MaxLiveCustomers = 2_000_000 });
        await PublishAsync(node, Catalog);
        var inFlight = new Queue<Task>();
        for (var record = 0; record < records; record++)
        {
            for (var customer = 0; customer < customers; customer++)
            {
                inFlight.Enqueue(node.IngestAsync(
                    [.. Enumerable.Range(0, 5).Select(i => new Touchpoint
                    {
                        CustomerId = $"c-{customer}",
                        MessageId = $"m-{record}-{i}",
                        Type = i < 4 ? "view" : "purchase",
                        ValueMicros = i < 4 ? null : 59_900_000,
                        Channel = "web",
                        Properties = [new Property("category", PropertyValue.Of(i < 2 ? "tea" : "cups"))],
                    })]).AsTask());
                if (inFlight.Count >= 1_024)
                {
                    await inFlight.Dequeue();
                }
            }
        }

        await Task.WhenAll(inFlight);
    }

    /// <returns>Customers a second.</returns>
    private static async Task<double> PassAsync(EmbeddedNode node, int customers, string catalog, string what)
    {
        await PublishAsync(node, catalog);
        var watch = Stopwatch.StartNew();
        var processor = Environment.CpuUsage.TotalTime;
        var allocated = GC.GetTotalAllocatedBytes();
        while (!node.Refolding.IsDone)
        {
            await Task.Delay(20);
        }

        var rate = customers / watch.Elapsed.TotalSeconds;
        Console.WriteLine($"{what}: {node.Refolding.Visited:N0} customers in {watch.Elapsed.TotalSeconds:F1} s, {rate:N0} a second (goal 100,000), "
            + $"{(Environment.CpuUsage.TotalTime - processor).TotalMicroseconds / customers:F1} us of processor and {(GC.GetTotalAllocatedBytes() - allocated) / customers:N0} bytes allocated each, {node.Refolding.Refolded:N0} saved anew");
        return rate;
    }

    private static async Task PublishAsync(EmbeddedNode node, string yaml)
    {
        var bag = new DiagnosticBag();
        var reply = await node.PublishAsync(CatalogBundle.Of([new CatalogFile("a.yaml", yaml)], bag)!.Bytes, null);
        if (reply.Value is not { Published: true })
        {
            throw new InvalidOperationException(string.Join('\n', reply.Value?.Problems ?? []));
        }
    }
}
