using PmOrleans.Decisioning.Catalog;

namespace PmOrleans.Decisioning.Profiles;

/// <summary>Folding and reading of a metric's sliding window.</summary>
/// <remarks>
/// Exact while at most <see cref="Exact"/> events are in the window. Beyond that, events older than the newest 64 share buckets of a 64th of
/// the window and leave with the youngest of their bucket, so an event may count up to window/64 too long; it never leaves too early.
/// </remarks>
internal static class MetricWindows
{
    public const int Exact = 64;

    /// <summary>Room for 64 full buckets, as many exact points and the one that straddles.</summary>
    private const int Most = (2 * Exact) + 2;

    private const ulong MetricSpace = 1UL << 63;

    public static ulong ListId(MetricDefinition metric) => MetricSpace | (uint)metric.Number;

    public static bool IsMetric(ulong listId) => (listId & MetricSpace) != 0;

    public static void Add(ref PackedLists lists, MetricDefinition metric, long atMicros, double amount, long nowMicros)
    {
        var window = metric.Window.Ticks / 10;
        if (atMicros <= nowMicros - window)
        {
            return;
        }

        var id = ListId(metric);
        var index = lists.IndexOf(id);
        if (index >= 0 && lists.At(index).Length >= Most - 1)
        {
            lists.DropUntil(index, nowMicros - window);
            if (lists.At(index).Length >= Most - 1)
            {
                Merge(ref lists, index, window / Exact);
            }
        }

        lists.Insert(id, new TimedPoint(atMicros, amount), Most);
    }

    public static double Read(in PackedLists lists, MetricDefinition metric, long nowMicros)
    {
        var from = nowMicros - (metric.Window.Ticks / 10);
        double sum = 0;
        foreach (var point in lists.Find(ListId(metric)))
        {
            if (point.AtMicros > from)
            {
                sum += point.Amount;
            }
        }

        return sum;
    }

    /// <summary>Earliest time after <paramref name="nowMicros"/> at which a point leaves the window; <see cref="long.MaxValue"/> when none is in it.</summary>
    public static long NextChange(in PackedLists lists, MetricDefinition metric, long nowMicros)
    {
        var window = metric.Window.Ticks / 10;
        foreach (var point in lists.Find(ListId(metric)))
        {
            if (point.AtMicros > nowMicros - window)
            {
                return point.AtMicros + window;
            }
        }

        return long.MaxValue;
    }

    /// <summary>
    /// Earliest time after <paramref name="nowMicros"/> at which the value, if nothing new comes, lies on another side of one of
    /// <paramref name="thresholds"/> (below, at or above it); never later than it does, and too early only by what rounding may hide.
    /// </summary>
    public static long NextCrossing(in PackedLists lists, MetricDefinition metric, ReadOnlySpan<double> thresholds, long nowMicros)
    {
        var window = metric.Window.Ticks / 10;
        var points = lists.Find(ListId(metric));
        double rest = 0;
        foreach (var point in points)
        {
            rest += point.AtMicros > nowMicros - window ? point.Amount : 0;
        }

        var value = rest;
        for (var i = 0; i < points.Length; i++)
        {
            if (points[i].AtMicros <= nowMicros - window)
            {
                continue;
            }

            rest -= points[i].Amount;
            if (i + 1 < points.Length && points[i + 1].AtMicros == points[i].AtMicros)
            {
                continue;
            }

            foreach (var threshold in thresholds)
            {
                if (IsCrossed(value, rest, threshold))
                {
                    return points[i].AtMicros + window;
                }
            }
        }

        return long.MaxValue;
    }

    private static bool IsCrossed(double before, double after, double threshold) =>
        // A running difference is not to the bit what reading afresh gives: so near to the threshold either side counts as crossed.
        Math.Sign(before - threshold) != Math.Sign(after - threshold)
        || (after != before && Math.Abs(after - threshold) <= 1e-9 * Math.Max(Math.Abs(before), Math.Abs(threshold)));

    /// <summary>Brings all but the newest 64 points into buckets, in place: whatever 64 events are the only ones in a window, they are exact.</summary>
    private static void Merge(ref PackedLists lists, int index, long bucketMicros)
    {
        var points = lists.Points(index);
        var older = points.Length - Exact;
        var kept = 0;
        for (var i = 0; i < older; i++)
        {
            if (kept > 0 && points[kept - 1].AtMicros / bucketMicros == points[i].AtMicros / bucketMicros)
            {
                points[kept - 1] = new TimedPoint(points[i].AtMicros, points[kept - 1].Amount + points[i].Amount);
            }
            else
            {
                points[kept++] = points[i];
            }
        }

        if (kept == older)
        {
            // Claimed ahead of the clock, events can lie in more buckets than a window has: the two oldest leave together.
            points[1] = new TimedPoint(points[1].AtMicros, points[0].Amount + points[1].Amount);
            points[1..older].CopyTo(points);
            kept--;
        }

        points[older..].CopyTo(points[kept..]);
        lists.Shorten(index, kept + Exact);
    }
}
