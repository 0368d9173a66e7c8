using System.Collections.Immutable;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Profiles;

namespace PmOrleans.Decisioning.Caps;

/// <summary>Counting under caps: the times of the last N events of each scope, N being the cap's limit, so memory is bounded by the cap.</summary>
/// <remarks>
/// Every event counts under every cap it falls under by its own numbers, whether or not its offer is in the catalog now: an offer that comes back finds its
/// counters where they would be had it never gone.
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
        var caps = catalog.CountedCaps;
        if (caps.IsEmpty)
        {
            return;
        }

        Record(ref lists, caps.OfCatalog, kind, offer, campaign, category, channel, atMicros);
        Record(ref lists, caps.OfCampaign(campaign), kind, offer, campaign, category, channel, atMicros);
        Record(ref lists, caps.OfOffer(offer), kind, offer, campaign, category, channel, atMicros);
    }

    private static void Record(
        ref PackedLists lists, ImmutableArray<Cap> caps, CappedEvent kind, int offer, int campaign, int category, int channel, long atMicros)
    {
        foreach (var cap in caps)
        {
            if (cap.Event == kind && cap.Over(offer, campaign, category, channel) is var over and >= 0 && cap.WeightOf(channel) is var weight and > 0)
            {
                lists.Insert(CapScope.CounterOf(cap, over), new TimedPoint(atMicros, weight), cap.Limit);
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
