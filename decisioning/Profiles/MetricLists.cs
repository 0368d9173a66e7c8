using PmOrleans.Decisioning.Catalog;

namespace PmOrleans.Decisioning.Profiles;

/// <summary>Ids of a metric's lists: one for the metric, or one for each slot of its keys.</summary>
internal static class MetricLists
{
    /// <summary>Events that are exact however they lie, and buckets of a window beyond.</summary>
    public const int Exact = 64;

    /// <summary>Room for 64 full buckets, as many exact points and the one that straddles.</summary>
    public const int Most = (2 * Exact) + 2;

    private const ulong MetricSpace = 1UL << 63;

    /// <param name="slot">From 1 for a key, see <see cref="MetricTexts"/>; 0 for a metric without keys.</param>
    public static ulong Id(MetricDefinition metric, int slot) => MetricSpace | ((ulong)slot << 32) | (uint)metric.Number;

    public static int MetricOf(ulong listId) => (int)(uint)listId;

    public static bool IsMetric(ulong listId) => (listId & MetricSpace) != 0;

    public static long WindowMicros(MetricDefinition metric) => metric.Window.Ticks / 10;

    /// <summary>
    /// Makes room in a full list: first what is over goes; then all but the newest 64 points are brought into buckets of a 64th of the window, in place. A
    /// bucket has the time of its youngest event, so an event may count up to window/64 too long and never leaves too early.
    /// </summary>
    /// <param name="together">What two neighbours, the older first, amount to in one bucket.</param>
    public static void MakeRoom(ref PackedLists lists, int index, long windowMicros, long nowMicros, Func<double, double, double> together)
    {
        lists.DropUntil(index, nowMicros - windowMicros);
        var points = lists.Points(index);
        if (points.Length < Most - 1)
        {
            return;
        }

        var bucketMicros = windowMicros / Exact;
        var older = points.Length - Exact;
        var kept = 0;
        for (var i = 0; i < older; i++)
        {
            if (kept > 0 && points[kept - 1].AtMicros / bucketMicros == points[i].AtMicros / bucketMicros)
            {
                points[kept - 1] = new TimedPoint(points[i].AtMicros, together(points[kept - 1].Amount, points[i].Amount));
            }
            else
            {
                points[kept++] = points[i];
            }
        }

        if (kept == older)
        {
            // Claimed ahead of the clock, events can lie in more buckets than a window has: the two oldest leave together.
            points[1] = new TimedPoint(points[1].AtMicros, together(points[0].Amount, points[1].Amount));
            points[1..older].CopyTo(points);
            kept--;
        }

        points[older..].CopyTo(points[kept..]);
        lists.Shorten(index, kept + Exact);
    }
}
