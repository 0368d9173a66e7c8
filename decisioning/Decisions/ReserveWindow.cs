using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Facts;

namespace PmOrleans.Decisioning.Decisions;

/// <summary>
/// How long a decision's money stays set aside: while the event that spends it may come. What is set aside for an expectation has nearly all been paid for long before
/// the end of a window that is long beside the time the money is for, and would lie there beside what was paid until that time is over.
/// </summary>
internal static class ReserveWindow
{
    /// <summary>A window of more than a twentieth of the time the money is for is long: releasing early costs a record, and what is gained is at most about that share.</summary>
    private const int LongWindows = 20;

    /// <returns>Microseconds from now.</returns>
    public static long For(Budget? budget, Campaign campaign, Policy policy, long nowMicros, DecisionEnvironment environment)
    {
        if (budget?.SettleOn == SettleOn.Impression)
        {
            return environment.Catalog.CapHold.Ticks / 10;
        }

        var within = policy.Goal.WithinMicros;
        var spendFor = Math.Min(campaign.EndMicros - nowMicros, budget?.DailyMicros is null ? long.MaxValue : TimeSpan.TicksPerDay / 10);
        return budget is { Reserve: ReserveKind.Expected } && SettlesOnGoal(budget, policy, environment.Catalog) && within > spendFor / LongWindows
            ? Math.Min(within, environment.Estimates.For(policy).MostRewardsWithinMicros)
            : within;
    }

    /// <summary>Whether what spends a budget is what the policy learns from, so that it is known how long it takes.</summary>
    private static bool SettlesOnGoal(Budget budget, Policy policy, CatalogSnapshot catalog) => budget.SettleOn switch
    {
        SettleOn.Click => policy.Goal.On == TouchpointTypes.Click,
        SettleOn.Conversion => catalog.ConversionTypes.Contains(policy.Goal.On),
        _ => false,
    };
}
