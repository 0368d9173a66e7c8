using System.Diagnostics;

namespace PmOrleans.Benchmarks.Http;

/// <param name="Rate">Answers with status 200 to 299 a second.</param>
public sealed record LoadResult(double Rate, long Answers, long Errors, double P50Ms, double P99Ms, double MaxMs);

/// <summary>Load on one server as fast as it goes over so many connections. At a given rate: <see cref="OpenLoad"/>.</summary>
public static class HttpLoad
{
    /// <summary>Closed loop: every connection sends its next request when the last is answered.</summary>
    /// <param name="request">Makes the request with a running number.</param>
    public static async Task<LoadResult> ClosedAsync(int port, int connections, TimeSpan time, Func<long, byte[]> request)
    {
        var until = Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);
        var began = Stopwatch.GetTimestamp();
        long number = 0;
        var loops = Enumerable.Range(0, connections).Select(_ => Task.Run(async () =>
        {
            using var connection = new HttpConnection();
            await connection.ConnectAsync(port);
            var latencies = new List<double>(4096);
            long errors = 0;
            while (Stopwatch.GetTimestamp() < until)
            {
                var sent = Stopwatch.GetTimestamp();
                var status = await connection.SendAsync(request(Interlocked.Increment(ref number)));
                latencies.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
                errors += status is >= 200 and < 300 ? 0 : 1;
            }

            return (latencies, errors);
        })).ToList();
        var results = await Task.WhenAll(loops);
        return Summarise(results, Stopwatch.GetElapsedTime(began));
    }

    private static LoadResult Summarise((List<double> Latencies, long Errors)[] results, TimeSpan elapsed)
    {
        var all = results.SelectMany(result => result.Latencies).ToArray();
        Array.Sort(all);
        var errors = results.Sum(result => result.Errors);
        return new LoadResult(
            (all.Length - errors) / elapsed.TotalSeconds, all.Length, errors, At(all, .5), At(all, .99), all.Length == 0 ? 0 : all[^1]);
    }

    private static double At(double[] sorted, double quantile) =>
        sorted.Length == 0 ? 0 : sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * quantile))];
}
