using PmOrleans.Benchmarks;

namespace PmOrleans.ClusterBenchmarks;

/// <summary>Committed decisions that all spend one campaign's budget, against the same over a thousand campaigns: 20 placements of 50 candidates both times.</summary>
internal static class HotCampaign
{
    private const int Placements = 20;

    /// <param name="args"><c>--seconds</c> (5), <c>--rounds</c> (3), <c>--customers</c> (20,000), <c>--callers</c> (256), <c>--store</c> (1: SQLite).</param>
    public static async Task RunAsync(string[] args)
    {
        var store = (Store)BenchmarkOptions.Number(args, "--store", (int)Store.Sqlite);
        var (hotCatalog, coldCatalog) = (BenchmarkCatalog.Write(Placements, 1), BenchmarkCatalog.Write(Placements, 1000));
        var ratios = new List<double>();
        for (var round = 0; round < BenchmarkOptions.Number(args, "--rounds", 3); round++)
        {
            var cold = await MeasureAsync(store, coldCatalog, args);
            var hot = await MeasureAsync(store, hotCatalog, args);
            ratios.Add(hot.Rate / cold.Rate);
            Console.WriteLine($"{store}: a thousand campaigns {cold.Rate:N0}/s ({cold.Refused} refused), one campaign {hot.Rate:N0}/s ({hot.Refused} refused), ratio {ratios[^1]:F2}");
        }

        ratios.Sort();
        Console.WriteLine($"median of {ratios.Count}: {ratios[ratios.Count / 2]:F2} (goal 0.90 or more)");
        Directory.Delete(hotCatalog, recursive: true);
        Directory.Delete(coldCatalog, recursive: true);
    }

    private static async Task<CallResult> MeasureAsync(Store store, string catalog, string[] args)
    {
        var customers = BenchmarkOptions.Number(args, "--customers", 20_000);
        var callers = BenchmarkOptions.Number(args, "--callers", 256);
        await using var silo = await SiloUnderTest.StartAsync(store, catalog);
        long given = 0;
        async ValueTask<bool> DecideAsync(long n) =>
            !(await silo.Node.DecideAsync(CallLoad.Request("run", Interlocked.Increment(ref given), n % customers, n % Placements))).IsRefused;

        await CallLoad.RunAsync(callers, TimeSpan.FromSeconds(5), DecideAsync);
        return await CallLoad.RunAsync(callers, TimeSpan.FromSeconds(BenchmarkOptions.Number(args, "--seconds", 5)), DecideAsync);
    }
}
