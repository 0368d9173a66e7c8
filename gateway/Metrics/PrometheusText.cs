using System.Globalization;
using System.Text;

namespace PmOrleans.Gateway.Metrics;

/// <summary>Writes families in the Prometheus text exposition format 0.0.4.</summary>
internal static class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    public static string Write(IReadOnlyList<MetricFamily> families)
    {
        var text = new StringBuilder(64 * 1024);

        // Two instruments may become one name (the same meter made twice, or a name in two spellings): one family, each series once.
        foreach (var same in families.GroupBy(family => family.Name, StringComparer.Ordinal))
        {
            var first = same.First();
            var seen = new HashSet<string>(StringComparer.Ordinal);
            var series = same.Where(family => family.Kind == first.Kind).SelectMany(family => family.Series).Where(one => seen.Add(one.Labels)).ToArray();
            if (series.Length == 0)
            {
                continue;
            }

            var kind = first.Kind switch { MetricKind.Counter => "counter", MetricKind.Histogram => "histogram", _ => "gauge" };
            text.Append("# HELP ").Append(first.Name).Append(' ').Append(Escape(first.Help)).Append('\n');
            text.Append("# TYPE ").Append(first.Name).Append(' ').Append(kind).Append('\n');
            foreach (var one in series)
            {
                Write(text, first, one);
            }
        }

        return text.ToString();
    }

    private static void Write(StringBuilder text, MetricFamily family, MetricSeries series)
    {
        if (family.Kind != MetricKind.Histogram)
        {
            Line(text, family.Name, series.Labels, Number(series.Value));
            return;
        }

        var total = 0L;
        for (var i = 0; i <= series.Bounds.Count; i++)
        {
            total += series.Bucket(i);
            var bound = i < series.Bounds.Count ? Number(series.Bounds[i]) : "+Inf";
            Line(text, family.Name + "_bucket", $"{series.Labels}{(series.Labels.Length == 0 ? "" : ",")}le=\"{bound}\"", total.ToString(CultureInfo.InvariantCulture));
        }

        Line(text, family.Name + "_sum", series.Labels, Number(series.Value));
        Line(text, family.Name + "_count", series.Labels, total.ToString(CultureInfo.InvariantCulture));
    }

    private static void Line(StringBuilder text, string name, string labels, string value)
    {
        text.Append(name);
        if (labels.Length > 0)
        {
            text.Append('{').Append(labels).Append('}');
        }

        text.Append(' ').Append(value).Append('\n');
    }

    private static string Number(double value) =>
        double.IsPositiveInfinity(value) ? "+Inf" : double.IsNegativeInfinity(value) ? "-Inf" : value.ToString("R", CultureInfo.InvariantCulture);

    private static string Escape(string help) => help.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
