using PmOrleans.Decisioning.Catalog;

namespace PmOrleans.Decisioning.Consent;

/// <summary>
/// Quiet hours by the wall clock: an instant is quiet when the clock on the wall reads a time inside them. Where clocks go forward over their
/// end they end with the jump; where clocks go back into them they begin once more.
/// </summary>
internal static class QuietClock
{
    /// <summary>Precision to which a change of the zone's offset is found; all there ever were lie on a second.</summary>
    private const long TicksPerStep = TimeSpan.TicksPerSecond;

    public static bool IsQuiet(QuietHours quiet, TimeZoneInfo zone, long nowMicros) => IsQuiet(quiet, Utc(nowMicros), zone);

    /// <summary>The first moment after <paramref name="nowMicros"/>, which is quiet, that is not. Unix microseconds.</summary>
    public static long EndMicros(QuietHours quiet, TimeZoneInfo zone, long nowMicros)
    {
        var at = Utc(nowMicros);
        while (IsQuiet(quiet, at, zone))
        {
            // By a clock that nobody changes; never zero, for at the end itself it is not quiet any more.
            var end = at + (quiet.Until - WallClock(at, zone));
            at = FirstChange(zone, at, end) ?? end;
        }

        return (at.Ticks - DateTime.UnixEpoch.Ticks) / 10;
    }

    private static bool IsQuiet(QuietHours quiet, DateTime utc, TimeZoneInfo zone) => WallClock(utc, zone).IsBetween(quiet.From, quiet.Until);

    private static TimeOnly WallClock(DateTime utc, TimeZoneInfo zone) => TimeOnly.FromDateTime(utc + zone.GetUtcOffset(utc));

    /// <summary>When the zone's clocks are changed in (from, to], or <c>null</c>. Less than a day lies between the two: there is one change at most.</summary>
    private static DateTime? FirstChange(TimeZoneInfo zone, DateTime from, DateTime to)
    {
        var before = zone.GetUtcOffset(from);
        if (zone.GetUtcOffset(to) == before)
        {
            return null;
        }

        var (low, high) = (from.Ticks / TicksPerStep, to.Ticks / TicksPerStep);
        while (high - low > 1)
        {
            var middle = low + ((high - low) / 2);
            if (zone.GetUtcOffset(new DateTime(middle * TicksPerStep, DateTimeKind.Utc)) == before)
            {
                low = middle;
            }
            else
            {
                high = middle;
            }
        }

        return new DateTime(high * TicksPerStep, DateTimeKind.Utc);
    }

    private static DateTime Utc(long micros) => DateTime.UnixEpoch.AddTicks(micros * 10);
}
