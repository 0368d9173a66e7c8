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
        in OpenDecision open,
        OutcomeEvent outcome,
        Touchpoint touchpoint,
        long atMicros,
        long nowMicros,
        bool late,
        DecisionEnvironment environment,
        List<LeaseMove> moves)
    {
        var rewarded = !open.Has(OpenFlags.Resolved)
            && atMicros <= open.GoalUntilMicros
            && environment.Catalog.PolicyByNumber.TryGetValue(open.Policy, out var policy)
            && policy.Goal.On == touchpoint.Type;
        var fact = Begin(in open, outcome, atMicros) with
        {
            Late = late || atMicros > open.GoalUntilMicros,
            ValueMicros = touchpoint.ValueMicros ?? 0,
            Reward = rewarded ? 1 : -1,
        };
        return Settles(in open, outcome, environment.Catalog) ? Settle(in open, fact, environment, moves) : fact;
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

    private static bool Settles(in OpenDecision open, OutcomeEvent outcome, CatalogSnapshot catalog) =>
        !open.Has(OpenFlags.Settled)
        && open.CostMicros > 0
        && catalog.CampaignByNumber.TryGetValue(open.Campaign, out var campaign)
        && campaign.Budget is { } budget
        && outcome == budget.SettleOn switch
        {
            SettleOn.Impression => OutcomeEvent.Impression,
            SettleOn.Click => OutcomeEvent.Click,
            SettleOn.Conversion => OutcomeEvent.Conversion,
            _ => null,
        };

    private static OutcomeFact Settle(in OpenDecision open, OutcomeFact fact, DecisionEnvironment environment, List<LeaseMove> moves)
    {
        var fromReserve = Math.Min(open.ReservedMicros, open.CostMicros);
        var missing = open.CostMicros - fromReserve;
        long extra = 0;
        if (missing > 0)
        {
            var lease = environment.Leases[open.Campaign];
            var chargesTotal = open.Has(OpenFlags.ChargesTotal);
            if (lease.TryHold(missing, chargesTotal, open.BudgetDay) == LeaseHold.Held)
            {
                extra = missing;
                moves.Add(new LeaseMove(lease, missing, chargesTotal, open.BudgetDay));
                lease.PacedSpendMicros += missing;
            }
        }

        return fact with
        {
            FromReserveMicros = fromReserve,
            SettledMicros = fromReserve + extra,
            UnbilledMicros = missing - extra,
            ReleasedMicros = open.ReservedMicros - fromReserve,
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
