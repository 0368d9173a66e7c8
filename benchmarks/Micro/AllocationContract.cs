using System.Globalization;
using System.Text.Json;

namespace PmOrleans.Benchmarks.Micro;

/// <summary>
/// Most bytes that a measured decision may allocate, from <c>allocations.json</c>. Times differ between machines, allocations do not: so these are a
/// contract, which a test checks, and times are only charted.
/// </summary>
public static class AllocationContract
{
    private const int Customers = 500;

    /// <summary>Enough for the compiler's last tier and for arrays that grow with a customer's first decisions.</summary>
    private const int WarmUps = 60;

    private const int Rounds = 10;

    public static IReadOnlyDictionary<MeasuredDecision, double> MostBytes { get; } = Read();

    /// <summary>Bytes allocated by a decision, on average over 5,000 on one thread.</summary>
    public static double Measure(MeasuredDecision decision)
    {
        using var scenario = decision.Scenario(Customers);
        for (var round = 0; round < WarmUps; round++)
        {
            scenario.DecideAll();
            scenario.Rest();
        }

        long allocated = 0;
        for (var round = 0; round < Rounds; round++)
        {
            scenario.Rest();
            var before = GC.GetAllocatedBytesForCurrentThread();
            scenario.DecideAll();
            allocated += GC.GetAllocatedBytesForCurrentThread() - before;
        }

        return (double)allocated / Rounds / Customers;
    }

    /// <summary>Prints each with its limit; the exit code says whether all are kept.</summary>
    public static int Check()
    {
        var kept = true;
        foreach (var decision in Enum.GetValues<MeasuredDecision>())
        {
            var bytes = Measure(decision);
            kept &= bytes <= MostBytes[decision];
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{decision,-24} {bytes,6:N0} bytes of {MostBytes[decision]:N0}{(bytes <= MostBytes[decision] ? "" : "  BROKEN")}"));
        }

        return kept ? 0 : 1;
    }

    private static Dictionary<MeasuredDecision, double> Read()
    {
        using var file = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "allocations.json"));
        return JsonSerializer.Deserialize<Dictionary<string, double>>(file)!
            .ToDictionary(entry => Enum.Parse<MeasuredDecision>(entry.Key), entry => entry.Value);
    }
}
