using System.Globalization;

namespace PmOrleans.Node.Time;

/// <summary>Unix microseconds, the unit of time inside.</summary>
public static class Micros
{
    public static long NowMicros(this TimeProvider time) => From(time.GetUtcNow());

    public static long From(DateTimeOffset time) => (time.UtcTicks - DateTime.UnixEpoch.Ticks) / 10;

    /// <summary>ISO 8601 in UTC, with microseconds only when there are some.</summary>
    public static string ToText(long micros) => ToTime(micros).UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture);

    /// <summary>Values outside the calendar come back as its first or last moment.</summary>
    public static DateTimeOffset ToTime(long micros)
    {
        const long first = -62_135_596_800_000_000;
        const long last = 253_402_300_799_999_999;
        return new DateTimeOffset(DateTime.UnixEpoch.Ticks + (Math.Clamp(micros, first, last) * 10), TimeSpan.Zero);
    }
}
