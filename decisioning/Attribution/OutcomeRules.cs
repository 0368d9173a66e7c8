using PmOrleans.Decisioning.Budgets;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Profiles;

namespace PmOrleans.Decisioning.Attribution;

/// <summary>What an event, or the end of a window, does to a decided offer: reward, settlement, release.</summary>
internal static class OutcomeRules
{
    /// <summary>An event that belongs to an open decision.</summary>
    /// <param name="moves">Receives money taken from the lease beyond the reservation.</param>
    public static OutcomeFact Of(
        CustomerState state,
        in OpenDecision open,
        OutcomeEvent outcome,
        Touchpoint touchpoint,
        long atMicros,
        long nowMicros,
        bool late,
        DecisionEnvironment environment,
        List<LeaseMove> moves)
    {
        // An event of a decision cannot come before it; a clock that is behind must not carry it out of a cap's window.
        atMicros = Math.Max(atMicros, open.AtMicros);
        var rewarded = !open.Has(OpenFlags.Resolved)
            && atMicros <= open.GoalUntilMicros
            && GoalOf(open.Policy, environment)?.On == touchpoint.Type;
        var fact = Begin(in open, outcome, atMicros) with
        {
            Late = late || atMicros > open.GoalUntilMicros,
            ValueMicros = touchpoint.ValueMicros ?? 0,
            Reward = rewarded ? 1 : -1,
            Exposures = state.ExposuresOf(in open),
        };
        return Settles(in open, outcome, environment, out var campaign) ? Settle(in open, fact, campaign, environment, moves) : fact;
    }

    /// <summary>The end of the attribution window: an unresolved trial gets the default reward, 0, and what is still set aside is released.</summary>
    public static OutcomeFact Expire(in OpenDecision open, long nowMicros, DecisionEnvironment environment, List<LeaseMove> moves)
    {
        Release(in open, environment, moves);
        return Begin(in open, OutcomeEvent.Expired, nowMicros) with
        {
            Reward = open.Has(OpenFlags.Resolved) ? -1 : 0,
            ReleasedMicros = open.ReservedMicros,
        };
    }

    /// <summary>The end of the money's reservation before that of the attribution window.</summary>
    public static OutcomeFact ReleaseOnly(in OpenDecision open, long nowMicros, DecisionEnvironment environment, List<LeaseMove> moves)
    {
        Release(in open, environment, moves);
        return Begin(in open, OutcomeEvent.Released, nowMicros) with { ReleasedMicros = open.ReservedMicros };
    }

    private static OutcomeFact Begin(in OpenDecision open, OutcomeEvent outcome, long atMicros) => new()
    {
        Event = outcome,
        AtMicros = atMicros,
        DecisionSequence = open.Sequence,
        Slot = open.Slot,
        Offer = open.Offer,
        Campaign = open.Campaign,
        Category = open.Category,
        Channel = open.Channel,
        Placement = open.Placement,
        Policy = open.Policy,
        Segment = open.Segment,
        DecisionAtMicros = open.AtMicros,
        Holdout = open.Has(OpenFlags.Holdout),
        Late = false,
        ChargesTotal = open.Has(OpenFlags.ChargesTotal),
        BudgetDay = open.BudgetDay,
    };

    private static Goal? GoalOf(int policy, DecisionEnvironment environment) =>
        environment.Catalog.PolicyByNumber.TryGetValue(policy, out var live) ? live.Goal : environment.Former.GoalOf(policy);

    /// <summary>Whether this event makes the offer's cost spend.</summary>
    /// <param name="campaign"><c>null</c>: it is no more in the catalog.</param>
    private static bool Settles(in OpenDecision open, OutcomeEvent outcome, DecisionEnvironment environment, out Campaign? campaign)
    {
        campaign = null;
        if (open.Has(OpenFlags.Settled) || open.CostMicros <= 0)
        {
            return false;
        }

        var settleOn = environment.Catalog.CampaignByNumber.TryGetValue(open.Campaign, out campaign)
            ? campaign.Budget?.SettleOn
            : environment.Former.SettleOnOf(open.Campaign);
        return outcome == settleOn switch
        {
            SettleOn.Impression => OutcomeEvent.Impression,
            SettleOn.Click => OutcomeEvent.Click,
            SettleOn.Conversion => OutcomeEvent.Conversion,
            _ => null,
        };
    }

    /// <summary>
    /// Spends what was set aside, and what that lacks from the lease as the budget stands now: a publish may have declared a total or a daily
    /// budget since the decision, and money no lease gave is not spent under one.
    /// </summary>
    private static OutcomeFact Settle(
        in OpenDecision open, OutcomeFact fact, Campaign? campaign, DecisionEnvironment environment, List<LeaseMove> moves)
    {
        var fromReserve = open.ReservedMicros;
        var missing = open.CostMicros - fromReserve;
        var lease = environment.Leases[open.Campaign];
        if (missing == 0)
        {
            lease.PacedSettledMicros += fromReserve;
            return fact with { FromReserveMicros = fromReserve, SettledMicros = fromReserve };
        }

        if (campaign is null)
        {
            // Nobody keeps a lease for it any more.
            return fact with { FromReserveMicros = fromReserve, SettledMicros = fromReserve, UnbilledMicros = missing };
        }

        var chargesTotal = campaign.Budget!.TotalMicros is not null;
        // The reservation lies on the day it was made for, if any, and the whole settlement is posted there.
        var day = fromReserve > 0 ? open.BudgetDay : BudgetDay.Of(campaign, open.AtMicros);
        var chargesDay = day != 0 || campaign.Budget.DailyMicros is null;
        var held = chargesDay && lease.TryHold(missing, chargesTotal, day) == LeaseHold.Held;
        if (held)
        {
            moves.Add(new LeaseMove(lease, missing, chargesTotal, day));
        }

        lease.PacedSettledMicros += held ? open.CostMicros : fromReserve;
        return fact with
        {
            FromReserveMicros = fromReserve,
            SettledMicros = held ? open.CostMicros : fromReserve,
            UnbilledMicros = held ? 0 : missing,
            ChargesTotal = chargesTotal,
            BudgetDay = day,
        };
    }

    private static void Release(in OpenDecision open, DecisionEnvironment environment, List<LeaseMove> moves)
    {
        if (open.ReservedMicros > 0)
        {
            moves.Add(new LeaseMove(environment.Leases[open.Campaign], -open.ReservedMicros, open.Has(OpenFlags.ChargesTotal), open.BudgetDay));
        }
    }
}
