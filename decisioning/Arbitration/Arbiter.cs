using PmOrleans.Decisioning.Budgets;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Learning;
using PmOrleans.Decisioning.Rules;

namespace PmOrleans.Decisioning.Arbitration;

/// <summary>
/// The last two filters: is there money, and is it worth it. <c>score = rate x value x context weight x lever - cost - price x spend</c>
/// (the P x C x V x L of Pega's arbitration, less expected cost and the shadow price of the campaign's money).
/// </summary>
internal readonly ref struct Arbiter(
    Policy policy, BetaSnapshot estimates, int segment, DecisionEnvironment environment, DecisionWorkspace workspace, bool counts)
{
    private readonly bool _varies = workspace.Variants.Count > 0;

    /// <summary>Takes the offer in as a survivor, its cost held on the lease, or says why not.</summary>
    public RemovalReason TryAdd(Offer offer, int budgetDay)
    {
        var estimate = estimates[offer.Number, segment];
        var unit = offer.Value * ContextWeight(offer) * (_varies ? Lever(offer) : 1 + (offer.LeverPercent / 100));
        var budget = offer.Campaign.Budget;
        var spend = (offer.CostMicros / 1e6) * SettleProbability(budget, estimate.Rate);
        var price = budget is null ? 0 : environment.Leases[offer.Campaign.Number].Price;
        var score = (estimate.Rate * unit) - spend - (price * spend);

        long held = 0;
        if (budget is not null)
        {
            var lease = environment.Leases[offer.Campaign.Number];
            if (counts)
            {
                lease.Opportunities++;
                lease.ScoreSum += score + (price * spend);
                lease.CostSumMicros += spend * 1e6;
            }

            if (!IsWorthIt(score))
            {
                return RemovalReason.Pacing;
            }

            held = budget.Reserve == ReserveKind.Full || budget.SettleOn == SettleOn.Decision
                ? offer.CostMicros
                : Math.Min(offer.CostMicros, (long)Math.Ceiling(spend * 1e6));
            if (held > 0)
            {
                switch (lease.TryHold(held, budget.TotalMicros is not null, budgetDay))
                {
                    case LeaseHold.Pending:
                        return RemovalReason.LeasePending;
                    case LeaseHold.Exhausted:
                        return RemovalReason.BudgetExhausted;
                }
            }
        }
        else if (!IsWorthIt(score))
        {
            return RemovalReason.Pacing;
        }

        workspace.EnsureRoom();
        var index = workspace.Survivors++;
        workspace.Offers[index] = offer;
        workspace.Rates[index] = estimate.Rate;
        workspace.RateSpreads[index] = estimate.Spread;
        workspace.Scores[index] = score;
        workspace.ScoreSpreads[index] = estimate.Spread * unit;
        workspace.Prices[index] = price;
        workspace.Holds[index] = held;
        workspace.Spends[index] = spend * 1e6;
        workspace.BudgetDays[index] = budgetDay;
        workspace.Units[index] = unit;
        return RemovalReason.None;
    }

    /// <summary>Also refuses what values, levers and prices beyond reason have made no number; an exploration takes finite scores only.</summary>
    private static bool IsWorthIt(double score) => score >= 0 && double.IsFinite(score);

    private double Lever(Offer offer)
    {
        var percent = offer.LeverPercent;
        foreach (var variant in workspace.Variants)
        {
            percent += variant.OfferToLever.Count > 0 ? variant.OfferToLever.GetValueOrDefault(offer.Number) : 0;
        }

        // Levers that hold back could add up to less than nothing.
        return 1 + (Math.Max(-100, percent) / 100);
    }

    private double ContextWeight(Offer offer)
    {
        if (offer.ContextWeights.IsEmpty)
        {
            return 1;
        }

        double percent = 0;
        foreach (var weight in offer.ContextWeights)
        {
            if (workspace.Input.Evaluate(weight.Rule) == RuleOutcome.True)
            {
                percent += weight.WeightPercent;
            }
        }

        return Math.Max(0, 1 + (percent / 100));
    }

    /// <summary>
    /// How likely an answer is to be paid for. The goal's rate where the goal's event settles or comes before it; 1 where nothing is known, so
    /// that expected spend is never understated.
    /// </summary>
    private double SettleProbability(Budget? budget, double rate) => budget?.SettleOn switch
    {
        SettleOn.Click when policy.Goal.On == "click" => rate,
        SettleOn.Conversion => rate,
        _ => 1,
    };
}
