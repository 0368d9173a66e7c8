using System.Diagnostics;

namespace PmOrleans.Benchmarks.Http;

/// <summary>Committed decisions over HTTP against the do-nothing endpoint: throughput in turns, then latency at an equal open-loop rate.</summary>
public static class HttpDecisions
{
    private const int Connections = 64;

    /// <param name="args">
    /// <c>--warm N</c> seconds for each endpoint that do not count (default 20: before, the compiler takes its share of the processors), <c>--seconds N</c> for each
    /// measurement (default 5), <c>--rounds N</c> (default 5), <c>--customers N</c> (default 10,000).
    /// </param>
    public static async Task RunAsync(string[] args)
    {
        var warm = TimeSpan.FromSeconds(BenchmarkOptions.Number(args, "--warm", 20));
        var time = TimeSpan.FromSeconds(BenchmarkOptions.Number(args, "--seconds", 5));
        var rounds = BenchmarkOptions.Number(args, "--rounds", 5);
        var customers = BenchmarkOptions.Number(args, "--customers", 10_000);
        BenchmarkMachine.Print();
        var data = Directory.CreateTempSubdirectory("pmorleans-bench-").FullName;
        try
        {
            using var baseline = await ServerProcess.StartBaselineAsync(18181);
            using var gateway = await ServerProcess.StartGatewayAsync(18182, data);
            var run = Guid.NewGuid().ToString("N")[..8];
            byte[] Request(long number) => HttpConnection.Request(
                "/v1/decisions",
                $$$"""{"decisionId":"{{{run}}}-{{{number}}}","customerId":"c-{{{number % customers}}}","placements":[{"id":"home.hero","count":1}],"context":{"channel":"web","device":"mobile","locale":"zh-CN"}}""");

            var offset = 0L;
            byte[] Next(long number) => Request(number + offset);
            await HttpLoad.ClosedAsync(baseline.Port, Connections, warm, Next);
            offset += 10_000_000;
            await HttpLoad.ClosedAsync(gateway.Port, Connections, warm, Next);

            var ratios = new List<double>();
            var rates = new List<double>();
            for (var round = 0; round < rounds; round++)
            {
                offset += 10_000_000;
                var nothing = await HttpLoad.ClosedAsync(baseline.Port, Connections, time, Next);
                offset += 10_000_000;
                var before = gateway.ProcessorTime;
                var decisions = await HttpLoad.ClosedAsync(gateway.Port, Connections, time, Next);
                var processor = (gateway.ProcessorTime - before) / Math.Max(1, decisions.Answers);
                ratios.Add(decisions.Rate / nothing.Rate);
                rates.Add(decisions.Rate);
                Console.WriteLine($"closed loop, {Connections} connections: do-nothing {nothing.Rate:N0}/s ({nothing.Errors} errors), "
                    + $"decisions {decisions.Rate:N0}/s ({decisions.Errors} errors, {processor.TotalMicroseconds:F0} us CPU each), ratio {ratios[^1]:F2}");
            }

            ratios.Sort();
            rates.Sort();
            Console.WriteLine($"throughput ratio, median of {rounds}: {ratios[ratios.Count / 2]:F2} (goal 0.60 or more)");

            await OpenAsync(baseline, gateway, rates[rates.Count / 2] / 2, warm, time, rounds, customers, data);
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    /// <summary>In turns as well, and after rounds that do not count: the generator's own code is compiled in its first seconds.</summary>
    private static async Task OpenAsync(ServerProcess baseline, ServerProcess gateway, double rate, TimeSpan warm, TimeSpan time, int rounds, int customers, string data)
    {
        await OpenLoad.DecisionsAsync(baseline.Port, rate, warm, customers);
        await OpenLoad.DecisionsAsync(gateway.Port, rate, warm, customers);
        var (bounds, nines) = (new List<double>(), new List<double>());
        for (var round = 0; round < rounds; round++)
        {
            var (quiet, _) = await OpenLoad.DecisionsAsync(baseline.Port, rate, time, customers);
            var (busy, _) = await OpenLoad.DecisionsAsync(gateway.Port, rate, time, customers);
            var sync = MeasureSync(data);
            bounds.Add((3 * quiet.Decisions.At(.99)) + (2 * sync));
            nines.Add(busy.Decisions.At(.99));
            Console.WriteLine($"open loop at {rate:N0}/s: p50 {quiet.Decisions.At(.5):F2} / {busy.Decisions.At(.5):F2} ms, p99 {quiet.Decisions.At(.99):F2} / {busy.Decisions.At(.99):F2} ms (do-nothing / decisions), "
                + $"fsync p99 {sync:F2} ms; bound 3 x p99 + 2 fsyncs = {bounds[^1]:F2} ms");
        }

        bounds.Sort();
        nines.Sort();
        Console.WriteLine($"p99, median of {rounds}: {nines[rounds / 2]:F2} ms against a bound of {bounds[rounds / 2]:F2} ms: {(nines[rounds / 2] <= bounds[rounds / 2] ? "held" : "missed")}");
    }

    /// <summary>The 99th percentile of 200 appends of 4 KiB with fsync in the same folder.</summary>
    private static double MeasureSync(string folder)
    {
        var path = Path.Combine(folder, "fsync.probe");
        var block = new byte[4096];
        var times = new double[200];
        using (var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1, FileOptions.None))
        {
            for (var i = 0; i < times.Length; i++)
            {
                var began = Stopwatch.GetTimestamp();
                file.Write(block);
                file.Flush(flushToDisk: true);
                times[i] = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            }
        }

        File.Delete(path);
        Array.Sort(times);
        return times[(int)(times.Length * .99)];
    }
}
