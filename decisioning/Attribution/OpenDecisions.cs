using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Profiles;

namespace PmOrleans.Decisioning.Attribution;

/// <summary>Which decided offers an event belongs to.</summary>
internal static class OpenDecisions
{
    /// <summary>Indexes into <paramref name="open"/>; several only for an impression of a whole answer.</summary>
    public static List<int> Match(
        ReadOnlySpan<OpenDecision> open, Touchpoint touchpoint, OutcomeEvent outcome, long atMicros, DecisionEnvironment environment)
    {
        var matches = new List<int>(1);
        var offer = touchpoint.OfferId is { } offerId && environment.Catalog.OfferById.TryGetValue(offerId, out var found) ? found.Number : 0;
        if (touchpoint.OfferId is not null && offer == 0)
        {
            // The offer may have left the catalog; the registry still knows its number.
            offer = environment.Catalog.Registry.NumberOf(Catalog.IdKind.Offer, touchpoint.OfferId);
            if (offer == 0)
            {
                return matches;
            }
        }

        if (touchpoint.DecisionId is { } decisionId)
        {
            ByDecision(open, (ulong)environment.Hashes.Decision.Hash128(decisionId), offer, outcome, matches);
        }
        else if (LastTouch(open, offer, outcome, atMicros) is var last and >= 0)
        {
            matches.Add(last);
        }

        return matches;
    }

    /// <summary>
    /// Whether what is open of a decision is all that such an event can mean: always where it names its offer, else while no offer of the decision can have
    /// closed, or when its first rank is open and that alone is meant.
    /// </summary>
    /// <param name="first">Of those that match, the first.</param>
    public static bool SaysAll(in OpenDecision first, Touchpoint touchpoint, OutcomeEvent outcome, long nowMicros, DecisionEnvironment environment) =>
        touchpoint.OfferId is not null
        || (outcome != OutcomeEvent.Impression && first.Slot == 0)
        || nowMicros - first.AtMicros < Math.Min(environment.Catalog.ShortestGoalMicros, environment.Former.ShortestGoalMicros);

    /// <summary>All offers of a decision: as they are open, and without a sequence those that are open no more.</summary>
    public static OpenDecision[] Whole(DecisionFact decision, ReadOnlySpan<OpenDecision> open)
    {
        var whole = new List<OpenDecision>();
        var slot = -1;
        foreach (var offer in decision.Placements.SelectMany(static placement => placement.Offers))
        {
            slot++;
            if (!offer.IsFallback)
            {
                whole.Add(new OpenDecision
                {
                    DecisionHash = (ulong)decision.DecisionHash,
                    Slot = slot,
                    AtMicros = decision.AtMicros,
                    Offer = offer.Offer,
                    Campaign = offer.Campaign,
                    Category = offer.Category,
                    Channel = offer.Channel,
                });
            }
        }

        foreach (ref readonly var one in open)
        {
            var (hash, place) = (one.DecisionHash, one.Slot);
            if (whole.FindIndex(other => other.DecisionHash == hash && other.Slot == place) is var at and >= 0)
            {
                whole[at] = one;
            }
        }

        return [.. whole];
    }

    private static void ByDecision(ReadOnlySpan<OpenDecision> open, ulong decisionHash, int offer, OutcomeEvent outcome, List<int> matches)
    {
        for (var i = 0; i < open.Length; i++)
        {
            if (open[i].DecisionHash == decisionHash && (offer == 0 || open[i].Offer == offer))
            {
                matches.Add(i);
                if (outcome != OutcomeEvent.Impression)
                {
                    // Without an offer only an impression can mean all of the answer; anything else means its first rank.
                    return;
                }
            }
        }
    }

    private static int LastTouch(ReadOnlySpan<OpenDecision> open, int offer, OutcomeEvent outcome, long atMicros)
    {
        for (var i = open.Length - 1; i >= 0; i--)
        {
            ref readonly var candidate = ref open[i];
            // A sender's clock may run a little behind ours.
            if (candidate.AtMicros > atMicros + TouchpointLimits.MaxAheadMicros || candidate.GoalUntilMicros < atMicros)
            {
                continue;
            }

            if (offer != 0 ? candidate.Offer == offer : outcome is OutcomeEvent.Conversion or OutcomeEvent.Goal && candidate.Has(OpenFlags.Clicked))
            {
                return i;
            }
        }

        return -1;
    }
}
