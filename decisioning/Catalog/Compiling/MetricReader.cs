using System.Collections.Immutable;
using System.Text.RegularExpressions;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Catalog.Sources;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>Reads <c>views7d: count(view) over 7d</c> and <c>spend30d: sum(purchase.value) over 30d</c>.</summary>
internal static partial class MetricReader
{
    private const string Examples = "write count(view) over 7d, or sum(purchase.value) over 30d";

    public static ImmutableArray<MetricDefinition> Read(CompileContext context, IReadOnlyList<(string Id, SourceEntry Entry)> entries)
    {
        var metrics = ImmutableArray.CreateBuilder<MetricDefinition>();
        foreach (var (name, entry) in entries)
        {
            if (Read(context, name, entry, metrics.Count) is { } metric)
                metrics.Add(metric);
        }

        return metrics.ToImmutable();
    }

    private static MetricDefinition? Read(CompileContext context, string name, SourceEntry entry, int ordinal)
    {
        var path = $"metrics/{name}";
        if (!Declarations.IsRuleName(context, name, entry.Key, path))
            return null;
        if (entry.Value is not SourceScalar { IsNothing: false } scalar)
            return Failed(context, entry.Value, path, $"Here stands {entry.Value.Kind}; a metric is expected.", Examples);
        if (scalar.Text.Length > 300 || Metric().Match(scalar.Text) is not { Success: true } match)
            return Failed(context, scalar, path, "This is not a metric.", Examples);

        var kind = match.Groups["kind"].Value;
        var property = match.Groups["property"] is { Success: true, Value: var written } ? written : null;
        var type = match.Groups["type"].Value;
        var window = match.Groups["window"].Value;
        if (kind is not ("count" or "sum"))
            return Failed(context, scalar, path, $"There is no metric '{kind}'.", Examples);
        if (kind == "count" && property is not null)
            return Failed(context, scalar, path, "A count is of touchpoints, not of a property of theirs.", $"write count({type}) over {window}");
        if (kind == "sum" && property is null)
            return Failed(context, scalar, path, "A sum needs a property to add up.", $"write sum({type}.value) over {window}");
        if (!TouchpointTypes.IsName(type) || (property is not null && !TouchpointTypes.IsName(property)))
            return Failed(context, scalar, path, "A touchpoint type or property is a letter followed by at most 63 letters, digits, _ or -.", Examples);
        if (!Durations.TryParse(window, out var span))
            return Failed(context, scalar, path, $"'{window}' is not a span of time.", "write 15m, 2h or 7d", CatalogCodes.BadDuration);
        if (span < TimeSpan.FromMinutes(1) || span > Durations.Longest)
            return Failed(context, scalar, path, "A metric's window is from 1m to 400d.", null, CatalogCodes.BadDuration);
        var number = context.Number(IdKind.Metric, name, null, entry.Key, path);
        return new MetricDefinition(name, number, ordinal, kind == "count" ? MetricKind.Count : MetricKind.Sum, type, property, span);
    }

    private static MetricDefinition? Failed(
        CompileContext context, SourceNode at, string path, string message, string? hint, string code = CatalogCodes.BadMetric)
    {
        context.Bag.Error(code, at, path, message, hint);
        return null;
    }

    [GeneratedRegex(
        @"^\s*(?<kind>\w+)\s*\(\s*(?<type>[^\s().]+)(\.(?<property>[^\s().]+))?\s*\)\s+over\s+(?<window>\S+)\s*$",
        RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Metric();
}
