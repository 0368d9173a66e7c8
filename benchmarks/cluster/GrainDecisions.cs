using System.Globalization;
using PmOrleans.Benchmarks;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.GrainInterfaces;

namespace PmOrleans.ClusterBenchmarks;

/// <summary>
/// Decisions of many live customers with 50 candidates, through the co-hosted silo's port and the customer's grain, against an empty grain called with the same
/// requests, in turns in the same process with the same callers and the same population.
/// </summary>
internal static class GrainDecisions
{
    private const string Run = "run";

    /// <param name="args">
    /// <c>--seconds</c> a measurement (4), <c>--rounds</c> (5), <c>--warm</c> rounds that do not count (3), <c>--customers</c> (100,000), <c>--callers</c> (256),
    /// <c>--store</c> 0 uncommitted, 1 SQLite, 2 PostgreSQL (all).
    /// </param>
    public static async Task RunAsync(string[] args)
    {
        var only = BenchmarkOptions.Number(args, "--store", -1);
        var catalog = BenchmarkCatalog.Write(placements: 1, campaigns: 5);
        foreach (var (store, goal) in new[] { (Store.Uncommitted, .45), (Store.Sqlite, .30), (Store.Postgres, .20) })
        {
            if (only < 0 || only == (int)store)
            {
                await MeasureAsync(store, goal, catalog, args);
            }
        }

        Directory.Delete(catalog, recursive: true);
    }

    private static async Task MeasureAsync(Store store, double goal, string catalog, string[] args)
    {
        var time = TimeSpan.FromSeconds(BenchmarkOptions.Number(args, "--seconds", 4));
        var customers = BenchmarkOptions.Number(args, "--customers", 100_000);
        var callers = BenchmarkOptions.Number(args, "--callers", 256);
        var (warm, rounds) = (BenchmarkOptions.Number(args, "--warm", 3), BenchmarkOptions.Number(args, "--rounds", 5));
        await using var silo = await SiloUnderTest.StartAsync(store, catalog);
        var echoes = Enumerable.Range(0, customers).Select(n => silo.Grains.GetGrain<IEchoGrain>(new Guid(n, 1, 2, [3, 4, 5, 6, 7, 8, 9, 10]))).ToArray();

        // Everybody is alive before anything is measured, in both populations.
        long given = 0;
        var first = await silo.Node.DecideAsync(CallLoad.Request(Run, 0, 0, 0));
        EchoGrain.Answer = new GrainReply<DecisionAnswer>(first.Value, null);
        await Parallel.ForEachAsync(Enumerable.Range(0, customers), new ParallelOptions { MaxDegreeOfParallelism = callers }, async (n, cancellation) =>
        {
            await echoes[n].EchoAsync(CallLoad.Request(Run, n, n, 0));
            await silo.Node.DecideAsync(CallLoad.Request(Run, Interlocked.Increment(ref given), n, 0), cancellation);
        });

        // And the code is compiled as it stays: the compiler counts calls and works behind them, so that takes rounds as well.
        var (ratios, processor) = (new List<double>(), new List<double>());
        for (var round = -warm; round < rounds; round++)
        {
            var empty = await CallLoad.RunAsync(callers, time, async n =>
            {
                await echoes[n % customers].EchoAsync(CallLoad.Request(Run, n, n % customers, 0));
                return true;
            });
            var decided = await CallLoad.RunAsync(callers, time, async n =>
                !(await silo.Node.DecideAsync(CallLoad.Request(Run, Interlocked.Increment(ref given), n % customers, 0))).IsRefused);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{store}{(round < 0 ? " (warm-up)" : "")}: empty grain {empty.Rate:N0}/s, {empty.Processor:F1} us processor, {empty.Bytes:N0} bytes a call; decisions {decided.Rate:N0}/s, {decided.Processor:F1} us, {decided.Bytes:N0} bytes, {decided.Refused} refused; ratio {decided.Rate / empty.Rate:P0}, of processor {empty.Processor / decided.Processor:P0}"));
            if (round >= 0)
            {
                ratios.Add(decided.Rate / empty.Rate);
                processor.Add(empty.Processor / decided.Processor);
            }
        }

        ratios.Sort();
        processor.Sort();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{store}: median of {rounds}: {ratios[rounds / 2]:P0} of the empty grain's rate (goal {goal:P0}), {processor[rounds / 2]:P0} by processor time"));
        await MeasureCopyAsync(echoes);
    }

    /// <summary>If arguments were copied, a request with a hundred touchpoints would cost more than one with none.</summary>
    private static async Task MeasureCopyAsync(IEchoGrain[] echoes)
    {
        var small = CallLoad.Request(Run, 1, 1, 0);
        var touchpoint = new Touchpoint { CustomerId = "c-1", Type = "view", Properties = [.. Enumerable.Range(0, 20).Select(n => new Property($"p{n}", PropertyValue.Of(new string('x', 50))))] };
        var large = small with { Touchpoints = [.. Enumerable.Range(0, 100).Select(n => touchpoint with { MessageId = $"m-{n}" })] };
        foreach (var (name, request) in new[] { ("small", small), ("small", small), ("large", large) })
        {
            var result = await CallLoad.RunAsync(1, TimeSpan.FromSeconds(1), async n =>
            {
                await echoes[n % echoes.Length].EchoAsync(request);
                return true;
            });
            Console.WriteLine($"local call with a {name} request: {result.Bytes:N0} bytes allocated");
        }
    }
}
