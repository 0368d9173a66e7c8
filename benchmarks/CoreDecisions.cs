using System.Diagnostics;
using PmOrleans.Decisioning.Policies;

namespace PmOrleans.Benchmarks;

/// <summary>
/// Decisions of the core alone, on one thread: filters, caps, budget holds, arbitration, draw, trace, fold and encoding; no log, no host. Rates are
/// medians of rounds, ratios compare with the fifty-offer baseline of the same run.
/// </summary>
public static class CoreDecisions
{
    private const int Customers = 2_000;
    private const int WarmUps = 75;
    private const int Rounds = 31;

    public static void Run(string[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        Console.WriteLine($"core decisions, one thread of {Environment.ProcessorCount}, .NET {Environment.Version}, median of {Rounds} rounds of {Customers}");
        var squareCb = Measure("50 candidates, SquareCB", ExplorationKind.SquareCb, 50, 0, CoreEligibility.All);
        _ = Measure("50 candidates, Thompson", ExplorationKind.Thompson, 50, 0, CoreEligibility.All);
        Compare("10,000 live offers, 50 here", squareCb, Measure("50 here, 9,950 elsewhere", ExplorationKind.SquareCb, 50, 9_950, CoreEligibility.All));
        Compare("10,000 here, 50 by attribute", squareCb, Measure("10,000 here, by attribute", ExplorationKind.SquareCb, 10_000, 0, CoreEligibility.ByAttribute));
        Compare("10,000 here, 50 by segment", squareCb, Measure("10,000 here, by segment", ExplorationKind.SquareCb, 10_000, 0, CoreEligibility.BySegment));
    }

    private static double Measure(string name, ExplorationKind kind, int here, int elsewhere, CoreEligibility eligibility)
    {
        using var scenario = new CoreScenario(kind, here, elsewhere, eligibility, Customers);
        for (var round = 0; round < WarmUps; round++)
        {
            scenario.DecideAll();
            scenario.Rest();
        }

        var micros = new double[Rounds];
        long allocated = 0;
        for (var round = 0; round < Rounds; round++)
        {
            scenario.Rest();
            var bytes = GC.GetAllocatedBytesForCurrentThread();
            var from = Stopwatch.GetTimestamp();
            scenario.DecideAll();
            micros[round] = Stopwatch.GetElapsedTime(from).TotalMicroseconds / scenario.Customers;
            allocated += GC.GetAllocatedBytesForCurrentThread() - bytes;
        }

        scenario.Look();
        Array.Sort(micros);
        var median = micros[Rounds / 2];
        Console.WriteLine(
            $"{name,-32} {1e6 / median,10:N0}/s  {median,8:N2} us  best {micros[0],7:N2}  {(double)allocated / Rounds / scenario.Customers,7:N0} B allocated"
            + $"  {scenario.Last.Survivors} survivors  record of {scenario.Last.Bytes:N0} B");
        return median;
    }

    private static void Compare(string name, double baseline, double measured) => Console.WriteLine($"{name,-32} {measured / baseline,10:N2} x the baseline");
}
