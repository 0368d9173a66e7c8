using PmOrleans.Simulator.Measuring;

namespace PmOrleans.Simulator.Report;

/// <summary>Latency over time and its distribution.</summary>
internal static class LatencyPlots
{
    public static string OverTime(string what, LatencyDocument latency) =>
        new Plot($"{what}: latency over time", "seconds after the beginning", "milliseconds, logarithmic", ReportPage.Text($"n = {latency.Count:N0}")) { YIsLog = true }.Lines(
        [
            new Series("p50", [.. latency.Seconds.Select(second => new PlotPoint(second.Second, second.P50Ms))]),
            new Series("p95", [.. latency.Seconds.Select(second => new PlotPoint(second.Second, second.P95Ms))]),
            new Series("p99", [.. latency.Seconds.Select(second => new PlotPoint(second.Second, second.P99Ms))]),
        ]);

    public static string Rate(string what, LatencyDocument latency) =>
        new Plot($"{what}: answered", "seconds after the beginning", "a second", ReportPage.Text($"n = {latency.Count:N0}")).Lines(
        [
            new Series("answered", [.. latency.Seconds.Select(second => new PlotPoint(second.Second, second.Count))]),
            new Series("errors", [.. latency.Seconds.Any(second => second.Errors > 0) ? latency.Seconds.Select(second => new PlotPoint(second.Second, second.Errors)) : []]),
        ]);

    /// <summary>By how many nines: each step to the right is ten times as rare.</summary>
    public static string Distribution(IReadOnlyList<(string Name, LatencyDocument Latency)> all)
    {
        var plot = new Plot("Distribution of latencies", "nines: 1 is the 90th percentile, 2 the 99th, 3 the 99.9th", "milliseconds, logarithmic",
            string.Join(", ", all.Select(one => ReportPage.Text($"{one.Name} n = {one.Latency.Count:N0}")))) { YIsLog = true };
        return plot.Lines([.. all.Where(one => one.Latency.Count > 0).Select(one => new Series(
            one.Name,
            [.. one.Latency.Quantiles.Where(point => point.Quantile is > 0 and < 1).Select(point => new PlotPoint(-Math.Log10(1 - point.Quantile), point.Milliseconds))]))]);
    }
}
