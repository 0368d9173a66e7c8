using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Consent;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Profiles;

namespace PmOrleans.Decisioning.Attribution;

/// <summary>What became of one touchpoint.</summary>
public enum IntakeResult
{
    Accepted,

    /// <summary>Its message id is within the horizon: nothing changed.</summary>
    Duplicate,
}

/// <summary>
/// Takes touchpoints in: the fact of the touchpoint, then what it means for decided offers. An event goes to the decision it names; without
/// one, to the last decision of its offer in the window (last touch); a conversion that names neither goes to the last decision clicked in the
/// window. What finds nobody is still counted under the caps of its offer: it can only suppress.
/// </summary>
public static class TouchpointIntake
{
    /// <param name="nowMicros">Customer time at receipt.</param>
    /// <param name="facts">Receives the facts, which are folded into the state as they come.</param>
    public static IntakeResult Take(
        CustomerState state,
        Touchpoint touchpoint,
        long nowMicros,
        long sequence,
        DecisionEnvironment environment,
        DecisionWorkspace workspace,
        List<Fact> facts)
    {
        var messageHash = touchpoint.MessageId is { } id ? NonZero(environment.Hashes.Message.Hash64(id)) : 0;
        if (messageHash != 0 && state.HasMessage(messageHash))
        {
            return IntakeResult.Duplicate;
        }

        var at = touchpoint.AtMicros ?? nowMicros;
        var late = nowMicros - at > TouchpointLimits.MaxAheadMicros;
        Add(new TouchpointFact(touchpoint, at, nowMicros, late, messageHash));

        if (EventOf(touchpoint.Type, environment.Catalog) is { } kind)
        {
            Attribute(kind, at, late);
            if (kind == OutcomeEvent.Dismiss)
            {
                Suppression.Advance(state, sequence, environment.Catalog, facts);
            }
        }

        return IntakeResult.Accepted;

        void Add(Fact fact)
        {
            facts.Add(fact);
            state.Apply(fact, sequence, environment.Catalog);
        }

        void Attribute(OutcomeEvent outcome, long atMicros, bool isLate)
        {
            var matched = false;
            foreach (var index in OpenDecisions.Match(state.Open, touchpoint, outcome, atMicros, environment))
            {
                matched = true;
                Add(OutcomeRules.Of(state, in state.Open[index], outcome, touchpoint, atMicros, nowMicros, isLate, environment, workspace.Moves));
            }

            if (!matched && Elsewhere(outcome, touchpoint, atMicros, environment.Catalog) is { } fact)
            {
                Add(fact);
            }
        }
    }

    /// <summary>What a touchpoint type means for decided offers, or <c>null</c>.</summary>
    private static OutcomeEvent? EventOf(string type, CatalogSnapshot catalog) => type switch
    {
        TouchpointTypes.Impression => OutcomeEvent.Impression,
        TouchpointTypes.Click => OutcomeEvent.Click,
        TouchpointTypes.Dismiss => OutcomeEvent.Dismiss,
        TouchpointTypes.Rating => OutcomeEvent.Rating,
        _ when catalog.ConversionTypes.Contains(type) => OutcomeEvent.Conversion,
        _ when catalog.GoalTypes.Contains(type) => OutcomeEvent.Goal,
        _ => null,
    };

    /// <summary>An event of an offer that no open decision of this customer explains.</summary>
    private static OutcomeFact? Elsewhere(OutcomeEvent outcome, Touchpoint touchpoint, long atMicros, CatalogSnapshot catalog)
    {
        if (touchpoint.OfferId is not { } offerId || !catalog.OfferById.TryGetValue(offerId, out var offer))
        {
            return null;
        }

        return new OutcomeFact
        {
            Event = outcome,
            AtMicros = atMicros,
            DecisionSequence = 0,
            Slot = 0,
            Offer = offer.Number,
            Campaign = offer.Campaign.Number,
            Category = offer.CategoryNumber,
            Channel = touchpoint.Channel is { } channel ? catalog.ChannelNumbers.GetValueOrDefault(channel) : 0,
            Placement = 0,
            Policy = 0,
            Segment = 0,
            DecisionAtMicros = 0,
            Holdout = false,
            Late = true,
            ValueMicros = touchpoint.ValueMicros ?? 0,
        };
    }

    private static ulong NonZero(ulong hash) => hash == 0 ? 1 : hash;
}
