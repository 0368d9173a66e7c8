using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Rules;

namespace PmOrleans.Decisioning.Profiles;

/// <summary>What a metric is worth at a time, and when time alone will change that.</summary>
internal static class MetricReading
{
    /// <summary>A decayed sum has no next change; who depends on its very value looks again after this.</summary>
    public const long RecheckMicros = 3_600_000_000;

    public static bool TryRead(in PackedLists lists, in MetricTexts texts, MetricDefinition metric, int slot, long nowMicros, out CelValue value)
    {
        var points = lists.Find(MetricLists.Id(metric, slot));
        if (metric.Kind == MetricKind.Decayed)
        {
            value = CelValue.Of(points.IsEmpty ? 0 : MetricDecay.At(points[0], MetricLists.WindowMicros(metric), nowMicros));
            return true;
        }

        var inside = Inside(points, nowMicros - MetricLists.WindowMicros(metric));
        switch (metric.Kind)
        {
            case MetricKind.Count:
                value = CelValue.Of((long)MetricWindows.Count(inside));
                return true;
            case MetricKind.Sum:
                value = CelValue.Of(MetricWindows.Read(inside));
                return true;
            case MetricKind.Distinct:
                value = CelValue.Of(DistinctSample.Read(inside));
                return true;
            default:
                value = inside.IsEmpty ? default
                    : !metric.IsText ? CelValue.Of(inside[0].Amount)
                    : texts.TextOf(metric.Number, slot) is { } text ? CelValue.Of(text)
                    : default;
                return !value.IsError;
        }
    }

    /// <summary>Whether anything is in the window.</summary>
    public static bool HasAny(in PackedLists lists, MetricDefinition metric, int slot, long nowMicros)
    {
        var points = lists.Find(MetricLists.Id(metric, slot));
        return !points.IsEmpty && (metric.Kind == MetricKind.Decayed || points[^1].AtMicros > nowMicros - MetricLists.WindowMicros(metric));
    }

    /// <summary>The slot whose latest touchpoint is the oldest, and its time.</summary>
    public static (int Slot, long NewestMicros) LongestQuiet(in PackedLists lists, MetricDefinition metric)
    {
        var quietest = (Slot: 0, NewestMicros: long.MaxValue);
        for (var slot = 1; slot <= metric.MostKeys; slot++)
        {
            var points = lists.Find(MetricLists.Id(metric, slot));
            var newest = points.IsEmpty ? long.MinValue : points[^1].AtMicros;
            if (newest < quietest.NewestMicros)
            {
                quietest = (slot, newest);
            }
        }

        return quietest;
    }

    public static long NextChange(in PackedLists lists, MetricDefinition metric, int slot, long nowMicros)
    {
        var points = lists.Find(MetricLists.Id(metric, slot));
        if (metric.Kind == MetricKind.Decayed)
        {
            return points.IsEmpty || points[0].Amount == 0 ? long.MaxValue : nowMicros + RecheckMicros;
        }

        var window = MetricLists.WindowMicros(metric);
        var inside = Inside(points, nowMicros - window);
        return inside.IsEmpty ? long.MaxValue : inside[0].AtMicros + window;
    }

    public static long NextCrossing(in PackedLists lists, MetricDefinition metric, ReadOnlySpan<double> thresholds, long nowMicros)
    {
        var points = lists.Find(MetricLists.Id(metric, 0));
        var window = MetricLists.WindowMicros(metric);
        if (metric.Kind == MetricKind.Decayed)
        {
            return points.IsEmpty ? long.MaxValue : MetricDecay.NextCrossing(points[0], window, thresholds, nowMicros);
        }

        var inside = Inside(points, nowMicros - window);
        return metric.Kind switch
        {
            MetricKind.Count or MetricKind.Sum => OfSums(MetricWindows.Read(inside), inside, window, thresholds),
            MetricKind.Distinct => OfSamples(inside, window, thresholds),
            _ => OfExtremes(inside, window, thresholds),
        };
    }

    /// <summary>A count or a sum without keys.</summary>
    public static MetricStanding StandingOf(in PackedLists lists, MetricDefinition metric, long nowMicros)
    {
        var window = MetricLists.WindowMicros(metric);
        return new MetricStanding(Inside(lists.Find(MetricLists.Id(metric, 0)), nowMicros - window), window, metric.Kind == MetricKind.Count);
    }

    /// <param name="value">What the points come to.</param>
    public static long OfSums(double value, ReadOnlySpan<TimedPoint> inside, long windowMicros, ReadOnlySpan<double> thresholds)
    {
        var rest = value;
        for (var i = 0; i < inside.Length; i++)
        {
            rest -= inside[i].Amount;
            if (!LeavesWithNext(inside, i) && IsCrossed(value, rest, thresholds))
            {
                return inside[i].AtMicros + windowMicros;
            }
        }

        return long.MaxValue;
    }

    private static long OfSamples(ReadOnlySpan<TimedPoint> inside, long windowMicros, ReadOnlySpan<double> thresholds)
    {
        double value = 0;
        foreach (var point in inside)
        {
            value += DistinctSample.Weight(point);
        }

        var rest = value;
        for (var i = 0; i < inside.Length; i++)
        {
            rest -= DistinctSample.Weight(inside[i]);
            if (!LeavesWithNext(inside, i) && IsCrossed(value, rest, thresholds))
            {
                return inside[i].AtMicros + windowMicros;
            }
        }

        return long.MaxValue;
    }

    private static long OfExtremes(ReadOnlySpan<TimedPoint> inside, long windowMicros, ReadOnlySpan<double> thresholds)
    {
        for (var i = 0; i < inside.Length; i++)
        {
            if (!LeavesWithNext(inside, i) && (i + 1 == inside.Length || IsCrossed(inside[0].Amount, inside[i + 1].Amount, thresholds)))
            {
                return inside[i].AtMicros + windowMicros;
            }
        }

        return long.MaxValue;
    }

    private static bool LeavesWithNext(ReadOnlySpan<TimedPoint> inside, int index) =>
        index + 1 < inside.Length && inside[index + 1].AtMicros == inside[index].AtMicros;

    private static bool IsCrossed(double before, double after, ReadOnlySpan<double> thresholds)
    {
        foreach (var threshold in thresholds)
        {
            // A running difference is not to the bit what reading afresh gives: so near to the threshold either side counts as crossed.
            if (SideOf(before, threshold) != SideOf(after, threshold)
                || (after != before && Math.Abs(after - threshold) <= 1e-9 * Math.Max(Math.Abs(before), Math.Abs(threshold))))
            {
                return true;
            }
        }

        return false;
    }

    private static int SideOf(double value, double threshold) => value > threshold ? 1 : value < threshold ? -1 : 0;

    private static ReadOnlySpan<TimedPoint> Inside(ReadOnlySpan<TimedPoint> points, long fromMicros)
    {
        if (points.IsEmpty || points[0].AtMicros > fromMicros)
        {
            return points;
        }

        // Between what is over and what is not.
        int over = 0, inside = points.Length;
        while (inside - over > 1)
        {
            var middle = (over + inside) / 2;
            (over, inside) = points[middle].AtMicros > fromMicros ? (over, middle) : (middle, inside);
        }

        return points[inside..];
    }
}
