using System.Globalization;
using PmOrleans.Benchmarks;
using PmOrleans.Benchmarks.Http;
using PmOrleans.Cluster.Tests;

namespace PmOrleans.ClusterBenchmarks;

/// <summary>
/// Processor time of a committed decision over HTTP with 1, 2 and 3 silos on this machine, over one PostgreSQL. Once with customers asked for at any gateway, as a
/// balancer that knows nothing does, and once at the gateway where they are.
/// </summary>
internal static class SilosOverHttp
{
    /// <param name="args">
    /// <c>--seconds</c> (5), <c>--rounds</c> (3), <c>--customers</c> (6,000), <c>--connections</c> in all, shared by the silos (48), <c>--each</c> connections of every
    /// silo instead, so that each of three is as busy as the one (0: not), <c>--silos</c> only so many (1 to 3), <c>--warm</c> seconds a silo before anything counts (20: each has
    /// its own code to compile).
    /// </param>
    public static async Task RunAsync(string[] args)
    {
        var only = BenchmarkOptions.Number(args, "--silos", 0);
        var catalog = BenchmarkCatalog.Write(placements: 1, campaigns: 5);
        var figures = new List<(int Silos, double Anywhere, double AtHome)>();
        for (var silos = 1; silos <= 3; silos++)
        {
            if (only == 0 || only == silos)
            {
                var (anywhere, atHome) = await MeasureAsync(silos, catalog, args);
                figures.Add((silos, anywhere, atHome));
            }
        }

        foreach (var (silos, anywhere, atHome) in figures)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{silos} silos: {anywhere:F0} us processor a decision asked for anywhere ({anywhere / figures[0].Anywhere:F2} x), {atHome:F0} us at home ({atHome / figures[0].AtHome:F2} x)"));
        }

        Directory.Delete(catalog, recursive: true);
    }

    private static async Task<(double Anywhere, double AtHome)> MeasureAsync(int silos, string catalog, string[] args)
    {
        var time = TimeSpan.FromSeconds(BenchmarkOptions.Number(args, "--seconds", 5));
        var customers = BenchmarkOptions.Number(args, "--customers", 6_000);
        var each = BenchmarkOptions.Number(args, "--each", 0);
        var connections = each > 0 ? each : BenchmarkOptions.Number(args, "--connections", 48) / silos;
        await using var cluster = new LocalCluster(silos, catalog);
        await cluster.UpAsync();
        var run = 0;

        // Everybody comes to life at home: customer n at silo n modulo the silos.
        var warm = TimeSpan.FromSeconds(BenchmarkOptions.Number(args, "--warm", 20) * silos);
        await LoadAsync(cluster, silos, connections, warm, (silo, number) => Request($"w{run}-{silo}", number, ((number * silos) + silo) % customers));
        double anywhere = double.MaxValue, atHome = double.MaxValue;
        for (var round = 0; round < BenchmarkOptions.Number(args, "--rounds", 3); round++)
        {
            run++;
            atHome = Math.Min(atHome, await CostAsync("at home", cluster, silos, connections, time, (silo, number) => Request($"h{run}-{silo}", number, ((number * silos) + silo) % customers)));
            anywhere = Math.Min(anywhere, await CostAsync("anywhere", cluster, silos, connections, time, (silo, number) => Request($"a{run}-{silo}", number, number % customers)));
        }

        return (anywhere, atHome);
    }

    private static async Task<double> CostAsync(
        string name, LocalCluster cluster, int silos, int connections, TimeSpan time, Func<int, long, byte[]> request)
    {
        var before = cluster.ProcessorTime();
        var results = await LoadAsync(cluster, silos, connections, time, request);
        var cost = (cluster.ProcessorTime() - before).TotalMicroseconds / results.Sum(result => result.Answers);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{silos} silos, {name}: {results.Sum(result => result.Rate):N0} decisions/s, {cost:F0} us processor in the silos each, p50 {results.Average(result => result.P50Ms):F1} ms, p99 {results.Max(result => result.P99Ms):F1} ms, {results.Sum(result => result.Errors)} errors"));
        return cost;
    }

    private static Task<LoadResult[]> LoadAsync(LocalCluster cluster, int silos, int connections, TimeSpan time, Func<int, long, byte[]> request) =>
        Task.WhenAll(Enumerable.Range(0, silos).Select(silo => HttpLoad.ClosedAsync(cluster.UrlOf(silo + 1).Port, connections, time, number => request(silo, number))));

    private static byte[] Request(string run, long number, long customer) => HttpConnection.Request(
        "/v1/decisions", $$"""{"decisionId":"{{run}}-{{number}}","customerId":"c-{{customer}}","placements":[{"id":"p0","count":1}]}""");
}
