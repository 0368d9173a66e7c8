using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Profiles;

namespace PmOrleans.Decisioning.Consent;

/// <summary>Pauses what a customer ignored or dismissed too often, and says what is paused.</summary>
internal static class Suppression
{
    /// <summary>Writes a fact for every scope whose last N events lie in one window; after anything that may have counted one.</summary>
    /// <param name="facts">Receives the facts, which are folded into the state as they come.</param>
    public static void Advance(CustomerState state, long sequence, CatalogSnapshot catalog, List<Fact> facts)
    {
        if (catalog.Suppression.IsEmpty)
        {
            return;
        }

        for (var i = state.ListCount - 1; i >= 0; i--)
        {
            var id = state.ListIdAt(i);
            if (SuppressionCounters.IsCounter(id) && Due(state.ListAt(i), id, catalog) is { } fact)
            {
                facts.Add(fact);
                state.Apply(fact, sequence, catalog);
            }
        }
    }

    /// <summary>Number of the rule that pauses an offer now, or 0. A rule that the catalog has no more pauses nothing.</summary>
    public static int PausedBy(CustomerState state, Offer offer, int channel, CatalogSnapshot catalog, long nowMicros)
    {
        foreach (ref readonly var entry in state.Suppressed)
        {
            var over = entry.Per switch
            {
                CapPer.Offer => offer.Number,
                CapPer.Campaign => offer.Campaign.Number,
                CapPer.Category => offer.CategoryNumber,
                CapPer.Channel => channel,
                _ => 0,
            };
            if (entry.Over == over && entry.UntilMicros > nowMicros && catalog.FindSuppression(entry.Rule) is not null)
            {
                return entry.Rule;
            }
        }

        return 0;
    }

    private static SuppressedFact? Due(ReadOnlySpan<TimedPoint> times, ulong id, CatalogSnapshot catalog)
    {
        var (number, over) = SuppressionCounters.ScopeOf(id);
        return catalog.FindSuppression(number) is { } rule
            && times.Length >= rule.After
            && times[^1].AtMicros - times[^rule.After].AtMicros < rule.WithinMicros
                ? new SuppressedFact(number, rule.Per, over, times[^1].AtMicros, times[^1].AtMicros + rule.PauseMicros)
                : null;
    }
}
