using System.Globalization;
using PmOrleans.Simulator.Load;
using PmOrleans.Simulator.Measuring;
using Spectre.Console;

namespace PmOrleans.Simulator.Terminal;

/// <summary>A load as it runs: rate, percentiles, errors of the last second; on stderr.</summary>
internal static class LiveView
{
    private static readonly IAnsiConsole Screen = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });

    public static async Task ShowAsync(LoadGenerator generator, LoadOptions options, Task running)
    {
        if (!Screen.Profile.Capabilities.Interactive)
        {
            await LinesAsync(generator, running);
            return;
        }

        await Screen.Live(new Text("")).AutoClear(false).StartAsync(async context =>
        {
            var began = DateTime.UtcNow;
            while (!running.IsCompleted)
            {
                context.UpdateTarget(Table(generator, options, DateTime.UtcNow - began));
                await Task.WhenAny(running, Task.Delay(500));
            }

            context.UpdateTarget(Table(generator, options, DateTime.UtcNow - began));
        });
    }

    private static async Task LinesAsync(LoadGenerator generator, Task running)
    {
        while (await Task.WhenAny(running, Task.Delay(TimeSpan.FromSeconds(5))) != running)
        {
            var decisions = generator.Tally.Decisions.LastSlice;
            await Console.Error.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"sent {generator.Tally.SentCount:N0}, {decisions?.Count ?? 0:N0} decisions/s, p50 {decisions?.P50Ms ?? 0:F1} ms, p99 {decisions?.P99Ms ?? 0:F1} ms, errors {generator.Tally.Errors:N0}, waiting {generator.Waiting:N0}"));
        }
    }

    private static Table Table(LoadGenerator generator, LoadOptions options, TimeSpan elapsed)
    {
        var table = new Table().Border(TableBorder.Rounded)
            .Title(Markup.Escape(Text($"{options.Rate:N0}/s for {options.Duration.TotalSeconds:N0} s, {elapsed.TotalSeconds:F0} s gone")))
            .AddColumns("last second", "rate /s", "p50 ms", "p95 ms", "p99 ms", "longest ms", "errors");
        Row(table, "decisions", generator.Tally.Decisions.LastSlice);
        Row(table, "touchpoints", generator.Tally.Touchpoints.LastSlice);
        return table.Caption(Markup.Escape(Text(
            $"sent {generator.Tally.SentCount:N0}, answered {generator.Tally.DoneCount:N0}, errors {generator.Tally.Errors:N0}, waiting {generator.Waiting:N0}, {generator.Connections} connections, generator {100 * generator.Processors.OwnShare:F0} % of the processors")));
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
