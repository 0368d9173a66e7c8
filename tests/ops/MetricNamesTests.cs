using System.Text.Json;
using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace PmOrleans.Ops.Tests;

/// <summary>What dashboards and alerts ask for is what a silo prints.</summary>
public sealed partial class MetricNamesTests(RunningSilo silo) : IClassFixture<RunningSilo>
{
    [Fact]
    public async Task every_metric_and_label_of_the_dashboard_is_printed_by_a_silo()
    {
        using var board = JsonDocument.Parse(Repository.Read("ops/grafana/dashboards/pmorleans.json"));
        var expressions = Strings(board.RootElement, "expr").Concat(Strings(board.RootElement, "definition")).ToList();

        Assert.True(expressions.Count > 20, $"{expressions.Count} expressions");
        await AssertPrintedAsync(expressions);
    }

    [Fact]
    public async Task every_metric_and_label_of_the_alerts_is_printed_by_a_silo()
    {
        var rules = new YamlStream();
        rules.Load(new StringReader(Repository.Read("ops/prometheus/alerts.yml")));
        var expressions = rules.Documents[0].AllNodes.OfType<YamlMappingNode>()
            .Where(node => node.Children.ContainsKey("expr")).Select(node => node["expr"].ToString()).ToList();

        Assert.True(expressions.Count >= 8, $"{expressions.Count} rules");
        await AssertPrintedAsync(expressions);
    }

    [Fact]
    public void panels_have_a_number_each_and_one_source_that_is_provisioned()
    {
        using var board = JsonDocument.Parse(Repository.Read("ops/grafana/dashboards/pmorleans.json"));
        var panels = board.RootElement.GetProperty("panels").EnumerateArray().ToList();

        Assert.Equal(panels.Count, panels.Select(panel => panel.GetProperty("id").GetInt32()).Distinct().Count());
        Assert.Equal(panels.Count, panels.Select(panel => panel.GetProperty("title").GetString()).Distinct(StringComparer.Ordinal).Count());
        Assert.Contains("uid: prometheus", Repository.Read("ops/grafana/provisioning/datasources/prometheus.yml"), StringComparison.Ordinal);
        foreach (var source in panels.Where(panel => panel.TryGetProperty("datasource", out _)).Select(panel => panel.GetProperty("datasource")))
        {
            Assert.Equal(("prometheus", "prometheus"), (source.GetProperty("type").GetString(), source.GetProperty("uid").GetString()));
        }
    }

    private static IEnumerable<string> Strings(JsonElement element, string name) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(member =>
            member.NameEquals(name) && member.Value.ValueKind == JsonValueKind.String ? [member.Value.GetString()!] : Strings(member.Value, name)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(item => Strings(item, name)),
        _ => [],
    };

    /// <summary>Names in a selector are those before a brace or a bracket; <c>up</c> is Prometheus' own.</summary>
    [GeneratedRegex(@"\b(?<name>[a-z]+_[a-z0-9_]+)\s*(?:\{(?<matchers>[^}]*)\})?")]
    private static partial Regex Selectors();

    [GeneratedRegex(@"(?<label>[a-z_]+)\s*(?:=~|!~|!=|=)")]
    private static partial Regex Matchers();

    [GeneratedRegex(@"\bby \((?<labels>[^)]*)\)")]
    private static partial Regex Groupings();

    /// <summary>A series of a metrics page.</summary>
    [GeneratedRegex(@"^(?<name>[a-z_0-9]+)(?:\{(?<labels>.*)\})? \S+$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Series();

    [GeneratedRegex(@"^# TYPE (?<name>[a-z_0-9]+) counter$", RegexOptions.Multiline)]
    private static partial Regex Families();

    [GeneratedRegex("(?<label>[a-z_]+)=\"")]
    private static partial Regex Labels();

    private async Task AssertPrintedAsync(List<string> expressions)
    {
        await silo.UseAsync();
        var page = await silo.Client.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        var nameToLabels = Series().Matches(page)
            .GroupBy(series => series.Groups["name"].Value, StringComparer.Ordinal)
            .ToDictionary<IGrouping<string, Match>, string, HashSet<string>?>(
                group => group.Key,
                // Prometheus itself adds these two when it scrapes.
                group => group.SelectMany(series => Labels().Matches(series.Groups["labels"].Value).Select(label => label.Groups["label"].Value)).Append("instance").Append("job").ToHashSet(StringComparer.Ordinal),
                StringComparer.Ordinal);

        // A counter that never counted has no series yet, and says only that it exists.
        foreach (var idle in Families().Matches(page).Select(family => family.Groups["name"].Value).Where(name => !nameToLabels.ContainsKey(name)))
        {
            nameToLabels.Add(idle, null);
        }

        foreach (var expression in expressions)
        {
            var metrics = Selectors().Matches(Groupings().Replace(expression, ""))
                .Where(selector => selector.Groups["name"].Value.StartsWith("pmorleans_", StringComparison.Ordinal) || selector.Groups["matchers"].Success)
                .ToList();
            Assert.True(metrics.Count > 0 || expression.StartsWith("up{", StringComparison.Ordinal), $"No metric was found in: {expression}");
            foreach (var metric in metrics)
            {
                var name = metric.Groups["name"].Value;
                Assert.True(nameToLabels.TryGetValue(name, out var labels), $"No silo prints {name}, asked for by: {expression}");
                var used = Matchers().Matches(metric.Groups["matchers"].Value).Select(match => match.Groups["label"].Value)
                    .Concat(Groupings().Matches(expression).SelectMany(group => group.Groups["labels"].Value.Split(',', StringSplitOptions.TrimEntries)));
                Assert.All(used, label => Assert.True(labels?.Contains(label) != false, $"{name} has no label {label}, asked for by: {expression}; it has {string.Join(", ", labels ?? [])}"));
            }
        }
    }
}
