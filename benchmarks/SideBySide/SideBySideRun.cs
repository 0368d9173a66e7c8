using System.Globalization;
using PmOrleans.Benchmarks.Http;

namespace PmOrleans.Benchmarks.SideBySide;

/// <summary>
/// The same decision requests to five servers in one run, in turns so that a slow minute hits all: an endpoint that does nothing, bare SQLite, this gateway, and the
/// stateless service over a database, with and without an fsync for each commit.
/// </summary>
public static class SideBySideRun
{
    private const int Connections = 64;

    /// <param name="args"><c>--seconds N</c> for each measurement (default 4), <c>--rounds N</c> (default 3), <c>--customers N</c> (default 10,000).</param>
    public static async Task RunAsync(string[] args)
    {
        var time = TimeSpan.FromSeconds(BenchmarkOptions.Number(args, "--seconds", 4));
        var rounds = BenchmarkOptions.Number(args, "--rounds", 3);
        var customers = BenchmarkOptions.Number(args, "--customers", 10_000);
        BenchmarkMachine.Print();
        var data = Directory.CreateTempSubdirectory("pmorleans-bench-").FullName;
        try
        {
            using var nothing = await ServerProcess.StartBaselineAsync(18191);
            using var gateway = await ServerProcess.StartGatewayAsync(18192, Path.Combine(data, "gateway"));
            using var full = await ServerProcess.StartStatelessAsync(18193, Path.Combine(data, "full.db"), "FULL");
            using var normal = await ServerProcess.StartStatelessAsync(18194, Path.Combine(data, "normal.db"), "NORMAL");
            using var bare = await ServerProcess.StartBareSqliteAsync(18195, Path.Combine(data, "bare.db"));
            (string Name, ServerProcess Server)[] servers =
            [
                ("do-nothing endpoint", nothing), ("bare SQLite, one insert with an fsync", bare), ("this gateway (fsync before the answer)", gateway),
                ("stateless over SQLite, synchronous=FULL", full), ("stateless over SQLite, synchronous=NORMAL", normal),
            ];
            var run = Guid.NewGuid().ToString("N")[..8];
            var offset = 0L;
            byte[] Next(long number) => HttpConnection.Request(
                "/v1/decisions",
                $$$"""{"decisionId":"{{{run}}}-{{{number + offset}}}","customerId":"c-{{{number % customers}}}","placements":[{"id":"home.hero","count":1}],"context":{"channel":"web","device":"mobile","locale":"zh-CN"}}""");

            var results = servers.ToDictionary(server => server.Name, _ => new List<LoadResult>(), StringComparer.Ordinal);
            for (var round = -1; round < rounds; round++)
            {
                foreach (var (name, server) in servers)
                {
                    offset += 10_000_000;
                    var result = await HttpLoad.ClosedAsync(server.Port, Connections, round < 0 ? TimeSpan.FromSeconds(3) : time, Next);
                    if (round >= 0)
                    {
                        results[name].Add(result);
                    }
                }
            }

            var baseline = Median(results["do-nothing endpoint"], result => result.Rate);
            Console.WriteLine($"closed loop, {Connections} connections, {customers:N0} customers, medians of {rounds} rounds of {time.TotalSeconds:F0} s");
            foreach (var (name, all) in results)
            {
                var rate = Median(all, result => result.Rate);
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{name,-44} {rate,9:N0}/s  {rate / baseline,6:P0} of doing nothing  p50 {Median(all, result => result.P50Ms),7:F2} ms  p99 {Median(all, result => result.P99Ms),8:F2} ms  {all.Sum(result => result.Errors)} errors"));
            }
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private static double Median(List<LoadResult> results, Func<LoadResult, double> read)
    {
        var values = results.Select(read).Order().ToList();
        return values[values.Count / 2];
    }
}
