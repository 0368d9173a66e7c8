using System.Globalization;
using System.Text;

namespace PmOrleans.Gateway.Metrics;

/// <summary>Translates names, units and tags of OpenTelemetry into those of Prometheus, by OpenTelemetry's compatibility rules.</summary>
internal static class MetricNames
{
    public static string Of(string name, string? unit, MetricKind kind)
    {
        var result = new StringBuilder(Clean(name, colon: true));
        var suffix = unit switch
        {
            null or "" or "1" => kind == MetricKind.Gauge && unit == "1" ? "ratio" : "",
            "s" => "seconds",
            "ms" => "milliseconds",
            "us" => "microseconds",
            "ns" => "nanoseconds",
            "By" => "bytes",
            "%" => "percent",
            ['{', ..] => "",
            _ => Clean(unit, colon: false),
        };
        Append(result, suffix);
        Append(result, kind == MetricKind.Counter ? "total" : "");
        return result.ToString();
    }

    public static string Labels(IEnumerable<KeyValuePair<string, object?>> tags)
    {
        var result = new StringBuilder();
        var used = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (key, value) in tags.OrderBy(tag => tag.Key, StringComparer.Ordinal))
        {
            var name = Clean(key, colon: false);
            if (used.Add(name))
            {
                result.Append(result.Length == 0 ? "" : ",").Append(name).Append("=\"").Append(Escape(Text(value))).Append('"');
            }
        }

        return result.ToString();
    }

    private static string Text(object? value) => value switch
    {
        null => "",
        bool flag => flag ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    private static string Escape(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private static void Append(StringBuilder name, string suffix)
    {
        if (suffix.Length > 0 && !name.ToString().EndsWith('_' + suffix, StringComparison.Ordinal))
        {
            name.Append('_').Append(suffix);
        }
    }

    private static string Clean(string name, bool colon)
    {
        var result = new StringBuilder(name.Length);
        foreach (var letter in name)
        {
            var good = char.IsAsciiLetter(letter) || letter == '_' || (colon && letter == ':') || (char.IsAsciiDigit(letter) && result.Length > 0);
            if (good || result.Length == 0 || result[^1] != '_')
            {
                result.Append(good ? letter : '_');
            }
        }

        return result.ToString().TrimEnd('_') is { Length: > 0 } clean ? clean : "_";
    }
}
