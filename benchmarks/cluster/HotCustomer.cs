using PmOrleans.Benchmarks;

namespace PmOrleans.ClusterBenchmarks;

/// <summary>Committed decisions of one customer, many under way at once: what the pipeline is for. Beside it, one at a time: what it would be without.</summary>
internal static class HotCustomer
{
    /// <param name="args"><c>--seconds</c> (5), <c>--rounds</c> (3), <c>--callers</c> (64), <c>--store</c> (2: PostgreSQL).</param>
    public static async Task RunAsync(string[] args)
    {
        var store = (Store)BenchmarkOptions.Number(args, "--store", (int)Store.Postgres);
        var time = TimeSpan.FromSeconds(BenchmarkOptions.Number(args, "--seconds", 5));
        var catalog = BenchmarkCatalog.Write(placements: 1, campaigns: 5);
        long given = 0;
        for (var round = 0; round < BenchmarkOptions.Number(args, "--rounds", 3); round++)
        {
            await using var silo = await SiloUnderTest.StartAsync(store, catalog);
            async ValueTask<bool> DecideAsync(long n) =>
                !(await silo.Node.DecideAsync(CallLoad.Request("run", Interlocked.Increment(ref given), 1, 0))).IsRefused;

            await CallLoad.RunAsync(1, TimeSpan.FromSeconds(2), DecideAsync);
            var one = await CallLoad.RunAsync(1, time, DecideAsync);
            var many = await CallLoad.RunAsync(BenchmarkOptions.Number(args, "--callers", 64), time, DecideAsync);
            Console.WriteLine($"{store}, one customer: one at a time {one.Rate:N0}/s, many at once {many.Rate:N0}/s ({many.Refused} refused) (goal 1,000/s)");
        }

        Directory.Delete(catalog, recursive: true);
    }
}
