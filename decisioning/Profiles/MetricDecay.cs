namespace PmOrleans.Decisioning.Profiles;

/// <summary>A sum in which an event counts half after each half-life: one point, the sum as of the latest event. Exact but for rounding.</summary>
internal static class MetricDecay
{
    /// <summary>How far a computed crossing may be off: the rounding of a power of two over 400 days is microseconds.</summary>
    private const long SlackMicros = 1_000;

    public static void Add(ref PackedLists lists, ulong id, long halfLifeMicros, TimedPoint point)
    {
        var index = lists.IndexOf(id);
        if (index < 0 || lists.At(index).IsEmpty)
        {
            lists.Insert(id, point, 1);
            return;
        }

        ref var sum = ref lists.Points(index)[0];
        sum = point.AtMicros >= sum.AtMicros
            ? new TimedPoint(point.AtMicros, At(sum, halfLifeMicros, point.AtMicros) + point.Amount)
            : new TimedPoint(sum.AtMicros, sum.Amount + At(point, halfLifeMicros, sum.AtMicros));
    }

    /// <summary>What it is worth at a time; before its own, what it was.</summary>
    public static double At(TimedPoint sum, long halfLifeMicros, long nowMicros) =>
        sum.Amount * Math.Pow(2, -Math.Max(0, nowMicros - sum.AtMicros) / (double)halfLifeMicros);

    /// <summary>When it comes down to the next threshold, to a thousandth of a second; <see cref="long.MaxValue"/> when none lies between it and 0.</summary>
    public static long NextCrossing(TimedPoint sum, long halfLifeMicros, ReadOnlySpan<double> thresholds, long nowMicros)
    {
        var next = long.MaxValue;
        foreach (var threshold in thresholds)
        {
            var ratio = sum.Amount / threshold;
            if (!double.IsFinite(ratio) || ratio < 1)
            {
                continue;
            }

            // 400 days times at most 2,098 halvings from the largest double to the smallest: fits.
            var at = sum.AtMicros + (long)(halfLifeMicros * Math.Log2(ratio));
            next = Math.Min(next, at - SlackMicros > nowMicros ? at - SlackMicros : at + SlackMicros > nowMicros ? at + SlackMicros : long.MaxValue);
        }

        return next;
    }
}
