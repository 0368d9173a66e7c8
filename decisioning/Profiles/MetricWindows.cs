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

    /// <summary>The same where the amounts are whole numbers, which add up exactly in whatever order: four at a time.</summary>
    public static double Count(ReadOnlySpan<TimedPoint> inside)
    {
        double first = 0, second = 0, third = 0, fourth = 0;
        var i = 0;
        for (; i + 4 <= inside.Length; i += 4)
        {
            first += inside[i].Amount;
            second += inside[i + 1].Amount;
            third += inside[i + 2].Amount;
            fourth += inside[i + 3].Amount;
        }

        for (; i < inside.Length; i++)
        {
            first += inside[i].Amount;
        }

        return first + second + third + fourth;
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
