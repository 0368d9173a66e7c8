using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Profiles;

namespace PmOrleans.Decisioning.Attribution;

/// <summary>Which open decisions an event belongs to.</summary>
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
