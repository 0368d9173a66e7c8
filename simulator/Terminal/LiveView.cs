using System.Diagnostics;
using System.Globalization;
using PmOrleans.Simulator.Load;
using PmOrleans.Simulator.Measuring;
using Spectre.Console;

namespace PmOrleans.Simulator.Terminal;

/// <summary>A load as it runs: rate, percentiles, errors of the last second; on stderr.</summary>
internal static class LiveView
{
    private static readonly IAnsiConsole Screen = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });

    /// <param name="what">Which of several trials, or <c>null</c> when there is one run only.</param>
    public static async Task ShowAsync(LoadGenerator generator, LoadOptions options, string? what, Task running)
    {
        if (!Screen.Profile.Capabilities.Interactive)
        {
            await LinesAsync(generator, running);
            return;
        }

        // The screen of a trial goes with it; what it came to stays as a line.
        await Screen.Live(new Text("")).AutoClear(what is not null).StartAsync(async context =>
        {
            var began = Stopwatch.GetTimestamp();
            while (!running.IsCompleted)
            {
                context.UpdateTarget(Page(generator, options, what, Stopwatch.GetElapsedTime(began)));
                await Task.WhenAny(running, Task.Delay(500));
            }

            context.UpdateTarget(Page(generator, options, what, Stopwatch.GetElapsedTime(began)));
        });
    }

    private static async Task LinesAsync(LoadGenerator generator, Task running)
    {
        while (await Task.WhenAny(running, Task.Delay(TimeSpan.FromSeconds(5))) != running)
        {
            var decisions = generator.Tally.Decisions.LastSlice;
            await Console.Error.WriteLineAsync(Text(
                $"sent {generator.Tally.SentCount:N0}, {decisions?.Count ?? 0:N0} decisions/s, p50 {decisions?.P50Ms ?? 0:F1} ms, p99 {decisions?.P99Ms ?? 0:F1} ms, errors {generator.Tally.Errors:N0}, waiting {generator.Waiting:N0}"));
        }
    }

    private static Rows Page(LoadGenerator generator, LoadOptions options, string? what, TimeSpan elapsed)
    {
        var table = new Table().Border(TableBorder.Rounded)
            .Title(Markup.Escape(Text($"{(what is null ? "" : what + ": ")}{options.Rate:N0} requests a second, {options.Duration.TotalSeconds:N0} s")))
            .AddColumns("last second", "rate /s", "p50 ms", "p95 ms", "p99 ms", "longest ms", "errors");
        Row(table, "decisions", generator.Tally.Decisions.LastSlice);
        Row(table, "touchpoints", generator.Tally.Touchpoints.LastSlice);
        var left = options.Duration - elapsed;
        return new Rows(
            table,
            new BreakdownChart().Width(60).HideTags()
                .AddItem("gone", Math.Clamp(elapsed.TotalSeconds, .001, options.Duration.TotalSeconds), Color.Green)
                .AddItem("left", Math.Max(0, left.TotalSeconds), Color.Grey),
            new Text(left > TimeSpan.Zero ? Text($"{left.TotalSeconds:N0} s left") : "waiting for the last answers"),
            new Text(Text($"sent {generator.Tally.SentCount:N0}, answered {generator.Tally.DoneCount:N0}, errors {generator.Tally.Errors:N0}, waiting {generator.Waiting:N0}")),
            new Text(Text($"{generator.Connections} connections; the generator uses {100 * generator.Processors.OwnShare:F0} % of the processors")));
    }

    private static void Row(Table table, string name, LatencySlice? slice) => table.AddRow(
        name,
        Text($"{slice?.Count ?? 0:N0}"),
        Text($"{slice?.P50Ms ?? 0:F2}"),
        Text($"{slice?.P95Ms ?? 0:F2}"),
        Text($"{slice?.P99Ms ?? 0:F2}"),
        Text($"{slice?.MaxMs ?? 0:F2}"),
        Text($"{slice?.Errors ?? 0:N0}"));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
