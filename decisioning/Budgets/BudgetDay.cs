using PmOrleans.Decisioning.Catalog;

namespace PmOrleans.Decisioning.Budgets;

/// <summary>The day a daily budget is charged to, in the campaign's zone, as yyyymmdd.</summary>
public static class BudgetDay
{
    /// <summary>0 for a campaign without a daily budget.</summary>
    public static int Of(Campaign campaign, long atMicros) =>
        campaign.Budget?.DailyMicros is null ? 0 : Of(campaign.Zone, atMicros);

    public static int Of(TimeZoneInfo zone, long atMicros)
    {
        var utc = DateTime.UnixEpoch.AddTicks(atMicros * 10);
        var local = utc + zone.GetUtcOffset(utc);
        return (local.Year * 10_000) + (local.Month * 100) + local.Day;
    }
}
