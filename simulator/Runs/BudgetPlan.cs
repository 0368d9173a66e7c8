using PmOrleans.Decisioning.Catalog;
using PmOrleans.Node.Time;

namespace PmOrleans.Simulator.Runs;

/// <summary>What spending evenly would have spent by now, in the catalog's currency.</summary>
internal static class BudgetPlan
{
    private const double DayMicros = 86_400e6;

    /// <summary>Since the beginning of a run: a daily budget day by day, a total one over the flight. 0 for a flight without an end.</summary>
    public static double Since(long startMicros, Campaign campaign, long nowMicros)
    {
        var budget = campaign.Budget!;
        return budget.DailyMicros is { } daily
            ? Math.Min(daily / 1e6 * Math.Max(0, nowMicros - startMicros) / DayMicros, (budget.TotalMicros ?? long.MaxValue) / 1e6)
            : OfFlight(campaign, Math.Max(campaign.StartMicros, startMicros), nowMicros);
    }

    /// <summary>Of the account that is charged now: the day's budget since midnight in the campaign's zone, else the whole one over the flight.</summary>
    public static double OfAccount(Campaign campaign, long nowMicros) =>
        campaign.Budget!.DailyMicros is { } daily
            ? daily / 1e6 * TimeZoneInfo.ConvertTime(Micros.ToTime(nowMicros), campaign.Zone).TimeOfDay.TotalDays
            : OfFlight(campaign, campaign.StartMicros, nowMicros);

    private static double OfFlight(Campaign campaign, long fromMicros, long nowMicros) =>
        campaign.EndMicros == long.MaxValue || fromMicros == long.MinValue
            ? 0
            : campaign.Budget!.TotalMicros!.Value / 1e6 * Math.Clamp((double)(nowMicros - fromMicros) / (campaign.EndMicros - fromMicros), 0, 1);
}
