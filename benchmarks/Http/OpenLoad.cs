using PmOrleans.Simulator.Load;

namespace PmOrleans.Benchmarks.Http;

/// <summary>Decisions at a given rate, by the simulator's own generator: an open loop, latency from the intended start.</summary>
internal static class OpenLoad
{
    /// <summary>So that two runs against one server share no decision id.</summary>
    private static long _runs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    /// <returns>What it came to, and the generator's own processor time for a request.</returns>
    public static async Task<(LoadDocument Load, TimeSpan ProcessorEach)> DecisionsAsync(int port, double rate, TimeSpan time, int customers, ArrivalKind arrivals = ArrivalKind.Constant)
    {
        var options = Options(port, rate, time, customers) with { Arrivals = arrivals };
        await using var generator = new LoadGenerator(options, Workloads(options));
        await generator.RunAsync(0, CancellationToken.None);
        var load = LoadRun.ToDocument(generator, options);
        return (load, generator.Processors.Own / Math.Max(1, load.Sent));
    }

    /// <summary>The highest rate of decisions that holds an objective.</summary>
    public static async Task<double> HighestAsync(int port, Slo slo, double from, TimeSpan trial, int customers)
    {
        var options = Options(port, from, trial, customers) with { Slo = slo, Trial = trial };
        var (load, _) = await SloSearch.RunAsync(options, Workloads(options), CancellationToken.None);
        return load.HighestRate ?? 0;
    }

    private static LoadOptions Options(int port, double rate, TimeSpan time, int customers) => new()
    {
        Urls = [new Uri($"http://127.0.0.1:{port}")], Rate = rate, Duration = time, DecisionShare = 1, Placements = ["home.hero"], Customers = customers, Zipf = 0,
        LookEvery = TimeSpan.Zero,
    };

    private static Workload[] Workloads(LoadOptions options) =>
        [new Workload(options, $"o{Interlocked.Increment(ref _runs):x}", options.Placements, [], options.Urls[0].Authority)];
}
