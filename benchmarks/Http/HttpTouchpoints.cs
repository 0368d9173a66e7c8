using System.Text;
using PmOrleans.Node.Tests.Log;

namespace PmOrleans.Benchmarks.Http;

/// <summary>Committed touchpoints over HTTP in batches of 100, each of another customer.</summary>
public static class HttpTouchpoints
{
    private const int Batch = 100;

    /// <param name="args">
    /// <c>--seconds N</c> (default 10), <c>--warm N</c> seconds before that do not count (default 20: before, the compiler takes more of the processors than the touchpoints
    /// do), <c>--connections N</c> (default 16), <c>--customers N</c> (default 100,000: when the warm-up is over most are in memory; with
    /// millions nearly every touch is a customer's first), <c>--postgres</c>: into a server of its own instead of a folder.
    /// </param>
    public static async Task RunAsync(string[] args)
    {
        var time = TimeSpan.FromSeconds(BenchmarkOptions.Number(args, "--seconds", 10));
        var warm = TimeSpan.FromSeconds(BenchmarkOptions.Number(args, "--warm", 20));
        var connections = BenchmarkOptions.Number(args, "--connections", 16);
        var customers = BenchmarkOptions.Number(args, "--customers", 100_000);
        BenchmarkMachine.Print();
        if (args.Contains("--postgres", StringComparer.Ordinal) && PostgresServer.Lack is { } lack)
        {
            Console.WriteLine($"skipped: {lack}");
            return;
        }

        using var server = args.Contains("--postgres", StringComparer.Ordinal) ? new PostgresServer() : null;
        var data = Directory.CreateTempSubdirectory("pmorleans-bench-").FullName;
        try
        {
            using var gateway = await ServerProcess.StartGatewayAsync(18183, data, server is null ? "" : $"--connection \"{server.ConnectionString}\"");
            await HttpLoad.ClosedAsync(gateway.Port, connections, warm, number => Request(number, customers));
            var before = gateway.ProcessorTime;
            var result = await HttpLoad.ClosedAsync(gateway.Port, connections, time, number => Request(number + 100_000_000, customers));
            var processor = (gateway.ProcessorTime - before) / Math.Max(1, result.Answers * Batch);
            Console.WriteLine($"touchpoints over HTTP{(server is null ? "" : " into PostgreSQL")}, {customers:N0} customers, batches of {Batch}, {connections} connections: {result.Rate * Batch:N0}/s committed, "
                + $"{processor.TotalMicroseconds:F1} us CPU each, batch p50 {result.P50Ms:F1} ms, p99 {result.P99Ms:F1} ms, {result.Errors} errors");
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private static byte[] Request(long number, int customers)
    {
        var json = new StringBuilder("[");
        for (var i = 0; i < Batch; i++)
        {
            var id = (number * Batch) + i;
            json.Append(i == 0 ? "" : ",").Append(
                $$$"""{"messageId":"m-{{{id}}}","customerId":"c-{{{id * 7919 % customers}}}","type":"view","channel":"web","properties":{"sku":"A-{{{id % 1000}}}","category":"tea"}}""");
        }

        return HttpConnection.Request("/v1/touchpoints", json.Append(']').ToString());
    }
}
