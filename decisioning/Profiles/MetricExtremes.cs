namespace PmOrleans.Decisioning.Profiles;

/// <summary>
/// Smallest and largest values. Of all events only those are kept that can still become the extreme: older ones are more extreme. So the list is short, and
/// the first point in the window is the answer.
/// </summary>
internal static class MetricExtremes
{
    private static readonly Func<double, double, double> Older = (older, _) => older;

    public static void Add(ref PackedLists lists, ulong id, long windowMicros, TimedPoint point, long nowMicros, bool largest)
    {
        var index = lists.IndexOf(id);
        if (index >= 0)
        {
            var points = lists.Points(index);
            for (var i = points.Length - 1; i >= 0 && points[i].AtMicros >= point.AtMicros; i--)
            {
                if (!Beats(point.Amount, points[i].Amount))
                {
                    // It leaves earlier than another one that is as extreme: it will never be the answer.
                    return;
                }
            }

            var kept = 0;
            foreach (var old in points)
            {
                if (old.AtMicros > point.AtMicros || Beats(old.Amount, point.Amount))
                {
                    points[kept++] = old;
                }
            }

            lists.Shorten(index, kept);
            if (kept >= MetricLists.Most - 1)
            {
                MetricLists.MakeRoom(ref lists, index, windowMicros, nowMicros, Older);
            }
        }

        lists.Insert(id, point, MetricLists.Most);

        bool Beats(double value, double than) => largest ? value > than : value < than;
    }
}
