using System.Globalization;

namespace PmOrleans.Simulator.Load;

/// <summary>An objective: at this quantile at most so long. <c>p99=20ms</c>.</summary>
public sealed record Slo(double Quantile, TimeSpan Bound)
{
    /// <exception cref="InputException">It does not read so.</exception>
    public static Slo Parse(string text)
    {
        var pair = text.Split('=', StringSplitOptions.TrimEntries);
        if (pair is [['p', .. var percent], [.. var number, 'm', 's']]
            && double.TryParse(percent, CultureInfo.InvariantCulture, out var quantile) && quantile is 50 or 75 or 90 or 95 or 99 or 99.5 or 99.9
            && double.TryParse(number, CultureInfo.InvariantCulture, out var milliseconds) && milliseconds > 0)
        {
            return new Slo(Math.Round(quantile / 100, 6), TimeSpan.FromMilliseconds(milliseconds));
        }

        throw new InputException($"--until-slo is '{text}'; allowed is p50, p75, p90, p95, p99, p99.5 or p99.9 = milliseconds, such as p99=20ms");
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"p{Quantile * 100:0.##} at most {Bound.TotalMilliseconds:0.##} ms");
}
