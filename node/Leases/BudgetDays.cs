using PmOrleans.Node.Time;

namespace PmOrleans.Node.Leases;

/// <summary>Where budget days end.</summary>
internal static class BudgetDays
{
    /// <summary>First microsecond of the next day in a zone. A midnight that the clock skips is the first moment after it; of one that comes twice, the first.</summary>
    public static long EndOfDay(TimeZoneInfo zone, long atMicros)
    {
        var local = TimeZoneInfo.ConvertTime(Micros.ToTime(atMicros), zone);
        var midnight = local.Date.AddDays(1);
        while (zone.IsInvalidTime(midnight))
        {
            midnight = midnight.AddMinutes(15);
        }

        var offset = zone.IsAmbiguousTime(midnight) ? zone.GetAmbiguousTimeOffsets(midnight).Max() : zone.GetUtcOffset(midnight);
        return Micros.From(new DateTimeOffset(midnight, offset));
    }
}
