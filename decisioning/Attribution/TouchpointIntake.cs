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

    /// <summary>
    /// Accepted, and it answers a decision that is open no more, or perhaps not with all its offers: to be counted with
    /// <see cref="TouchpointIntake.TakeClosed"/>, for which that decision is wanted.
    /// </summary>
    AnswersClosed,
}

/// <summary>
/// Takes touchpoints in: the fact of the touchpoint, then what it means for decided offers. An event goes to the decision it names; without
/// one, to the last decision of its offer in the window (last touch); a conversion that names neither goes to the last decision clicked in the
/// window. What finds nobody is still counted under the caps of its offer: it can only suppress. So is what answers a decision that is open no more,
/// under the caps of what was answered.
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
        Add(new TouchpointFact(touchpoint, at, nowMicros, IsLate(at, nowMicros), messageHash), state, sequence, environment, facts);
        if (EventOf(touchpoint.Type, environment) is not { } outcome)
        {
            return IntakeResult.Accepted;
        }

        var matched = OpenDecisions.Match(state.Open, touchpoint, outcome, at, environment);
        if (touchpoint.DecisionId is not null
            && (matched.Count == 0 || !OpenDecisions.SaysAll(in state.Open[matched[0]], touchpoint, outcome, nowMicros, environment)))
        {
            return IntakeResult.AnswersClosed;
        }

        Count(state, state.Open, matched, touchpoint, outcome, nowMicros, sequence, environment, workspace, facts);
        return IntakeResult.Accepted;
    }

    /// <summary>Counts a touchpoint that was taken in and answers a decision of which not all is open any more.</summary>
    /// <param name="decision">
    /// The customer's decision of that id; <c>null</c> when there is none, or none any more: then only what is open of it counts, or else the offer it names.
    /// </param>
    /// <param name="facts">Receives the facts, which are folded into the state as they come.</param>
    public static void TakeClosed(
        CustomerState state,
        Touchpoint touchpoint,
        DecisionFact? decision,
        long nowMicros,
        long sequence,
        DecisionEnvironment environment,
        DecisionWorkspace workspace,
        List<Fact> facts)
    {
        if (EventOf(touchpoint.Type, environment) is not { } outcome)
        {
            return;
        }

        var answer = decision is null ? state.Open : OpenDecisions.Whole(decision, state.Open);
        var matched = OpenDecisions.Match(answer, touchpoint, outcome, touchpoint.AtMicros ?? nowMicros, environment);
        Count(state, answer, matched, touchpoint, outcome, nowMicros, sequence, environment, workspace, facts);
    }

    private static void Count(
        CustomerState state,
        ReadOnlySpan<OpenDecision> answer,
        List<int> matched,
        Touchpoint touchpoint,
        OutcomeEvent outcome,
        long nowMicros,
        long sequence,
        DecisionEnvironment environment,
        DecisionWorkspace workspace,
        List<Fact> facts)
    {
        var at = touchpoint.AtMicros ?? nowMicros;
        foreach (var index in matched)
        {
            ref readonly var meant = ref answer[index];
            var fact = meant.Sequence == 0
                ? OfNoOpen(outcome, meant.Offer, meant.Campaign, meant.Category, meant.Channel, Math.Max(at, meant.AtMicros), touchpoint)
                : OutcomeRules.Of(state, in meant, outcome, touchpoint, at, nowMicros, IsLate(at, nowMicros), environment, workspace.Moves);
            Add(fact, state, sequence, environment, facts);
        }

        if (matched.Count == 0 && Elsewhere(outcome, touchpoint, at, environment.Catalog) is { } elsewhere)
        {
            Add(elsewhere, state, sequence, environment, facts);
        }

        AfterEvent(outcome, state, sequence, environment, facts);
    }

    private static bool IsLate(long atMicros, long nowMicros) => nowMicros - atMicros > TouchpointLimits.MaxAheadMicros;

    private static void Add(Fact fact, CustomerState state, long sequence, DecisionEnvironment environment, List<Fact> facts)
    {
        facts.Add(fact);
        state.Apply(fact, sequence, environment.Catalog);
    }

    private static void AfterEvent(OutcomeEvent outcome, CustomerState state, long sequence, DecisionEnvironment environment, List<Fact> facts)
    {
        if (outcome == OutcomeEvent.Dismiss)
        {
            Suppression.Advance(state, sequence, environment.Catalog, facts);
        }
    }

    /// <summary>What a touchpoint type means for decided offers, or <c>null</c>.</summary>
    private static OutcomeEvent? EventOf(string type, DecisionEnvironment environment) => type switch
    {
        TouchpointTypes.Impression => OutcomeEvent.Impression,
        TouchpointTypes.Click => OutcomeEvent.Click,
        TouchpointTypes.Dismiss => OutcomeEvent.Dismiss,
        TouchpointTypes.Rating => OutcomeEvent.Rating,
        _ when environment.Catalog.ConversionTypes.Contains(type) => OutcomeEvent.Conversion,
        _ when environment.Catalog.GoalTypes.Contains(type) || environment.Former.IsGoal(type) => OutcomeEvent.Goal,
        _ => null,
    };

    /// <summary>An event of an offer that no decision of this customer explains, as far as is known; the offer may have left the catalog.</summary>
    private static OutcomeFact? Elsewhere(OutcomeEvent outcome, Touchpoint touchpoint, long atMicros, CatalogSnapshot catalog)
    {
        if (touchpoint.OfferId is not { } offerId)
        {
            return null;
        }

        var channel = touchpoint.Channel is { } id ? catalog.ChannelNumbers.GetValueOrDefault(id) : 0;
        if (catalog.OfferById.TryGetValue(offerId, out var offer))
        {
            return OfNoOpen(outcome, offer.Number, offer.Campaign.Number, offer.CategoryNumber, channel, atMicros, touchpoint);
        }

        var number = catalog.Registry.NumberOf(IdKind.Offer, offerId);
        var campaign = catalog.Registry.OwnerOf(IdKind.Offer, offerId) is { } owner ? catalog.Registry.NumberOf(IdKind.Campaign, owner) : 0;
        return number == 0 ? null : OfNoOpen(outcome, number, campaign, 0, channel, atMicros, touchpoint);
    }

    private static OutcomeFact OfNoOpen(
        OutcomeEvent outcome, int offer, int campaign, int category, int channel, long atMicros, Touchpoint touchpoint) => new()
    {
        Event = outcome,
        AtMicros = atMicros,
        DecisionSequence = 0,
        Slot = 0,
        Offer = offer,
        Campaign = campaign,
        Category = category,
        Channel = channel,
        Placement = 0,
        Policy = 0,
        Segment = 0,
        DecisionAtMicros = 0,
        Holdout = false,
        Late = true,
        ValueMicros = touchpoint.ValueMicros ?? 0,
    };

    private static ulong NonZero(ulong hash) => hash == 0 ? 1 : hash;
}
