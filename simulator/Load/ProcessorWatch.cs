using System.Diagnostics;
using System.Globalization;

namespace PmOrleans.Simulator.Load;

/// <summary>How busy the machine's processors are, and how much of that is this process.</summary>
public sealed class ProcessorWatch
{
    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly TimeSpan _own = Process.GetCurrentProcess().TotalProcessorTime;
    private readonly (long Busy, long All)? _machine = Read();

    /// <summary>Processor time of this process since the watch began.</summary>
    public TimeSpan Own => Process.GetCurrentProcess().TotalProcessorTime - _own;

    /// <summary>Of all processors, 0 to 1, used by this process since the watch began.</summary>
    public double OwnShare => Own / Stopwatch.GetElapsedTime(_began) / Environment.ProcessorCount;

    /// <summary>Of all processors, 0 to 1, by everybody; <c>null</c> where the system does not say.</summary>
    public double? MachineShare => _machine is { } before && Read() is { } now && now.All > before.All ? (double)(now.Busy - before.Busy) / (now.All - before.All) : null;

    private static (long Busy, long All)? Read()
    {
        const string file = "/proc/stat";
        if (!File.Exists(file))
        {
            return null;
        }

        var fields = File.ReadLines(file).First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..];
        var ticks = Array.ConvertAll(fields, field => long.Parse(field, CultureInfo.InvariantCulture));
        var all = ticks.Take(8).Sum();
        return (all - ticks[3] - ticks[4], all);
    }
}
