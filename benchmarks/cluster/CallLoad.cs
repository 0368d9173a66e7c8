using System.Diagnostics;
using PmOrleans.Decisioning.Decisions;

namespace PmOrleans.ClusterBenchmarks;

/// <param name="Rate">Calls a second.</param>
/// <param name="Bytes">Allocated a call, by the whole process.</param>
/// <param name="Processor">Microseconds of processor time a call, of the whole process: on a machine that is shared, steadier than the rate.</param>
internal readonly record struct CallResult(double Rate, double Bytes, double Processor, long Refused);

/// <summary>A closed loop of calls inside this process.</summary>
internal static class CallLoad
{
    /// <param name="call">Makes the call with a running number; whether it was answered.</param>
    public static async Task<CallResult> RunAsync(int callers, TimeSpan time, Func<long, ValueTask<bool>> call)
    {
        long number = 0, refused = 0;
        var bytes = GC.GetTotalAllocatedBytes();
        var processor = Environment.CpuUsage.TotalTime;
        var began = Stopwatch.GetTimestamp();
        var until = began + (long)(time.TotalSeconds * Stopwatch.Frequency);
        await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
        {
            while (Stopwatch.GetTimestamp() < until)
            {
                if (!await call(Interlocked.Increment(ref number)))
                {
                    Interlocked.Increment(ref refused);
                }
            }
        })));
        var elapsed = Stopwatch.GetElapsedTime(began);
        return new CallResult(
            (number - refused) / elapsed.TotalSeconds,
            (GC.GetTotalAllocatedBytes() - bytes) / (double)number,
            (Environment.CpuUsage.TotalTime - processor).TotalMicroseconds / number,
            refused);
    }

    public static DecisionRequest Request(string run, long number, long customer, long placement) => new()
    {
        DecisionId = $"{run}-{number}",
        CustomerId = $"c-{customer}",
        Placements = [new PlacementRequest($"p{placement}", 1, [])],
    };
}
