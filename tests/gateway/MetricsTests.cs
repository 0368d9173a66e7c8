using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text.RegularExpressions;
using PmOrleans.Gateway.Metrics;

namespace PmOrleans.Gateway.Tests;

public sealed partial class MetricsTests
{
    [Fact]
    public async Task the_page_is_in_the_prometheus_text_format()
    {
        await using var edge = await Edge.StartAsync();
        await edge.PostAsync("/v1/decisions", Samples.DecisionJson);
        await edge.PostAsync("/v1/touchpoints", "{}");

        var page = await edge.GetAsync("/metrics");

        Assert.StartsWith("text/plain; version=0.0.4", page.Headers["Content-Type"], StringComparison.Ordinal);
        AssertFormat(page.Text);
        Assert.Contains("http_server_request_duration_seconds_bucket{", page.Text, StringComparison.Ordinal);
        Assert.Contains("http_route=\"/v1/decisions\"", page.Text, StringComparison.Ordinal);
        Assert.Contains("pmorleans_gateway_problems_total{code=\"invalid\"}", page.Text, StringComparison.Ordinal);
        Assert.Contains("pmorleans_gateway_inflight_bytes ", page.Text, StringComparison.Ordinal);
        Assert.Contains("dotnet_gc_collections_total{", page.Text, StringComparison.Ordinal);
        Assert.Contains("dotnet_process_cpu_time_seconds_total{", page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void every_kind_of_instrument_is_written_as_prometheus_wants_it()
    {
        using var store = new MetricStore(maxSeries: 3);
        using var meter = new Meter("PmOrleans.Test.Kinds");
        var counter = meter.CreateCounter<long>("test.kinds.things", "{thing}", "Things,\nin \\ lines.");
        var up = meter.CreateUpDownCounter<int>("test.kinds.level");
        var histogram = meter.CreateHistogram("test.kinds.duration", "s", null, null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1] });
        meter.CreateObservableGauge("test.kinds.share", () => 0.5, "1");

        counter.Add(2, new KeyValuePair<string, object?>("b", "x\"y\\z\n"), new KeyValuePair<string, object?>("a.c", true));
        counter.Add(3, new KeyValuePair<string, object?>("a.c", true), new KeyValuePair<string, object?>("b", "x\"y\\z\n"));
        up.Add(5);
        up.Add(-2);
        histogram.Record(0.1);
        histogram.Record(0.5);
        histogram.Record(7);
        var text = PrometheusText.Write([.. store.Collect().Where(family => family.Name.StartsWith("test_kinds", StringComparison.Ordinal))]);

        Assert.Equal("""
            # HELP test_kinds_duration_seconds test.kinds.duration
            # TYPE test_kinds_duration_seconds histogram
            test_kinds_duration_seconds_bucket{le="0.1"} 1
            test_kinds_duration_seconds_bucket{le="1"} 2
            test_kinds_duration_seconds_bucket{le="+Inf"} 3
            test_kinds_duration_seconds_sum 7.6
            test_kinds_duration_seconds_count 3
            # HELP test_kinds_level test.kinds.level
            # TYPE test_kinds_level gauge
            test_kinds_level 3
            # HELP test_kinds_share_ratio test.kinds.share
            # TYPE test_kinds_share_ratio gauge
            test_kinds_share_ratio 0.5
            # HELP test_kinds_things_total Things,\nin \\ lines.
            # TYPE test_kinds_things_total counter
            test_kinds_things_total{a_c="true",b="x\"y\\z\n"} 5

            """, text);
    }

    [Fact]
    public void series_beyond_the_limit_go_into_one()
    {
        using var store = new MetricStore(maxSeries: 3);
        using var meter = new Meter("PmOrleans.Test.Limit");
        var counter = meter.CreateCounter<int>("test.limit");

        for (var i = 0; i < 10; i++)
        {
            counter.Add(1, new KeyValuePair<string, object?>("id", i));
        }

        var series = store.Collect().Single(family => family.Name == "test_limit_total").Series.ToArray();
        Assert.Equal(4, series.Length);
        Assert.Equal(7, series.Single(one => one.Labels == "otel_metric_overflow=\"true\"").Value);
    }

    [Fact]
    public void additions_from_many_threads_are_all_counted_each_in_its_own_series()
    {
        using var store = new MetricStore(maxSeries: 10);
        using var meter = new Meter("PmOrleans.Test.Threads");
        var counter = meter.CreateCounter<long>("test.threads");

        Parallel.For(0, 40_000, i => counter.Add(1, new KeyValuePair<string, object?>("k", i % 4)));

        Assert.Equal([10_000, 10_000, 10_000, 10_000], store.Collect().Single(family => family.Name == "test_threads_total").Series.Select(series => series.Value));
    }

    /// <summary>Runs <c>promtool check metrics</c> where it is installed; the format is checked by <see cref="AssertFormat"/> everywhere.</summary>
    [PromtoolFact]
    public async Task promtool_has_no_complaint_but_of_names_that_the_runtime_chose()
    {
        await using var edge = await Edge.StartAsync();
        await edge.PostAsync("/v1/decisions", Samples.DecisionJson);
        var page = await edge.GetAsync("/metrics");

        using var promtool = Process.Start(new ProcessStartInfo("promtool", "check metrics") { RedirectStandardInput = true, UseShellExecute = false, RedirectStandardError = true })!;
        await promtool.StandardInput.WriteAsync(page.Text);
        promtool.StandardInput.Close();
        var complaints = await promtool.StandardError.ReadToEndAsync();
        await promtool.WaitForExitAsync();

        // Exit code 3 means a matter of style. dotnet_assembly_count and its like are OpenTelemetry's names for the runtime's own instruments;
        // dashboards know them so. The hours of quiet hours are no unit; a node that another test has open in this process has such a counter.
        var ours = complaints.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => !line.StartsWith("dotnet_", StringComparison.Ordinal) && !line.StartsWith("pmorleans_quiet_hours_", StringComparison.Ordinal));
        Assert.True(promtool.ExitCode is 0 or 3 && !ours.Any(), complaints);
    }

    private static void AssertFormat(string text)
    {
        var family = "";
        var families = new HashSet<string>(StringComparer.Ordinal);
        var series = new HashSet<string>(StringComparer.Ordinal);
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        foreach (var line in text.TrimEnd('\n').Split('\n'))
        {
            if (line.StartsWith("# HELP ", StringComparison.Ordinal))
            {
                family = line.Split(' ')[2];
                Assert.True(families.Add(family), $"{family} comes twice");
                continue;
            }

            if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                Assert.Equal(family, line.Split(' ')[2]);
                continue;
            }

            var match = Sample().Match(line);
            Assert.True(match.Success, line);
            Assert.StartsWith(family, match.Groups["name"].Value, StringComparison.Ordinal);
            Assert.True(series.Add(line[..line.LastIndexOf(' ')]), $"{line} comes twice");
            Assert.True(match.Groups["value"].Value is "+Inf" or "-Inf" or "NaN" || double.TryParse(match.Groups["value"].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out _), line);
        }
    }

    [GeneratedRegex("""^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{([a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\["\\n])*",?)+\})? (?<value>\S+)$""", RegexOptions.ExplicitCapture)]
    private static partial Regex Sample();
}

/// <summary>A test that is reported as skipped where promtool is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PromtoolFactAttribute : FactAttribute
{
    public PromtoolFactAttribute()
    {
        if (!(Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, "promtool"))))
        {
            Skip = "promtool is not installed";
        }
    }
}
