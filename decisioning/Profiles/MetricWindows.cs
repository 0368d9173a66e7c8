namespace PmOrleans.Decisioning.Profiles;

/// <summary>Counts and sums: a point for each event, exact while at most 64 are in the window.</summary>
internal static class MetricWindows
{
    private static readonly Func<double, double, double> Sum = (older, younger) => older + younger;

    public static void Add(ref PackedLists lists, ulong id, long windowMicros, TimedPoint point, long nowMicros)
    {
        var index = lists.IndexOf(id);
        if (index >= 0 && lists.At(index).Length >= MetricLists.Most - 1)
        {
            MetricLists.MakeRoom(ref lists, index, windowMicros, nowMicros, Sum);
        }

        lists.Insert(id, point, MetricLists.Most);
    }

    /// <param name="inside">Points in the window, in time order.</param>
    public static double Read(ReadOnlySpan<TimedPoint> inside)
    {
        double sum = 0;
        foreach (var point in inside)
        {
            sum += point.Amount;
        }

        return sum;
    }
}
