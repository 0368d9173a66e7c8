using PmOrleans.Simulator.Runs;
using PmOrleans.Simulator.Terminal;

namespace PmOrleans.Simulator.Commands;

/// <summary>What every command does around its run: see that it can be written, write it, print it, and say by its exit code how it went.</summary>
internal static class RunOutcome
{
    public static async Task<int> OfAsync(string output, Func<Task<RunDocument>> begin)
    {
        RunFile.Try(output);
        var run = await begin();
        RunFile.Write(output, run);
        Summary.Print(run);
        Console.WriteLine($"written: {output} (a page of it: simulator report {output})");
        return run.Arms.Any(arm => arm.Verification is { IsClean: false }) || run.Load?.Verification?.Document is { IsClean: false } ? 1
            : run.Interrupted is not null ? SimulatorCommandLine.Interrupted
            : 0;
    }
}
