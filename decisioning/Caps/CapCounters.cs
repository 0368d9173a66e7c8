using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Profiles;

namespace PmOrleans.Decisioning.Caps;

/// <summary>Counting under caps: the times of the last N events of each scope, N being the cap's limit, so memory is bounded by the cap.</summary>
/// <remarks>
/// The last N times are enough: a window holds N or more events exactly when the N-th last lies inside it. So they are for a contact budget, whose
/// events count for 1 or more each.
/// </remarks>
internal static class CapCounters
{
    public static CappedEvent? CappedBy(OutcomeEvent outcome) => outcome switch
    {
        OutcomeEvent.Impression => CappedEvent.Impression,
        OutcomeEvent.Click => CappedEvent.Click,
        OutcomeEvent.Conversion => CappedEvent.Conversion,
        _ => null,
    };

    public static void Record(
        ref PackedLists lists, CatalogSnapshot catalog, CappedEvent kind, int offer, int campaign, int category, int channel, long atMicros)
    {
        if (catalog.Caps.IsEmpty)
        {
            return;
        }

        foreach (var scope in catalog.Caps.For(offer, campaign, category, channel))
        {
            if (scope.Cap.Event == kind && scope.Cap.Limit > 0 && scope.WeightOf(channel) is var weight and > 0)
            {
                lists.Insert(scope.CounterId, new TimedPoint(atMicros, weight), scope.Cap.Limit);
            }
        }
    }

    public static int Count(ReadOnlySpan<TimedPoint> times, CapScope scope, long nowMicros)
    {
        var from = nowMicros - scope.WindowMicros;
        var count = 0;
        for (var i = times.Length - 1; i >= 0 && times[i].AtMicros > from; i--)
        {
            count += (int)times[i].Amount;
        }

        return count;
    }
}
