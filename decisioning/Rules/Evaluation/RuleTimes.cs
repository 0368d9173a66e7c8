using System.Globalization;
using System.Text.RegularExpressions;

namespace PmOrleans.Decisioning.Rules;

/// <summary>Parts of a time on the calendar of UTC or of a named zone, and the whole units in a span.</summary>
internal static partial class RuleTimes
{
    /// <summary>Days or weeks, which a span of the language has not, in hours: <c>720h</c> for <c>30d</c>; <c>null</c> for any other text.</summary>
    public static string? HoursOf(string text) => Days().Match(text) is { Success: true } days
        ? $"{int.Parse(days.Groups["count"].ValueSpan, CultureInfo.InvariantCulture) * (days.Groups["unit"].Value is "d" or "天" ? 24 : 168)}h" : null;

    [GeneratedRegex("^(?<count>[0-9]{1,4}) ?(?<unit>d|w|天|周)(ays?|eeks?)?$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Days();

    public static CelValue Get(TimePart part, in CelValue time) => time.Kind switch
    {
        CelKind.Timestamp => Of(part, in time, TimeSpan.Zero),
        CelKind.Duration => OfSpan(part, time.Bits),
        _ => RuleFaults.NoOverload,
    };

    public static CelValue Get(TimePart part, in CelValue time, in CelValue zone)
    {
        if (time.Kind != CelKind.Timestamp || zone.Kind != CelKind.String)
            return RuleFaults.NoOverload;
        return TryOffset(zone.AsString(), in time, out var offset)
            ? Of(part, in time, offset)
            : CelValue.Error("no such time zone");
    }

    /// <summary>Whether text is <c>UTC</c>, an IANA zone the machine knows, or an offset like <c>+08:00</c>.</summary>
    public static bool IsZone(string zone) =>
        CelTime.TryParseOffset(zone, out _) || TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _);

    private static bool TryOffset(string zone, in CelValue time, out TimeSpan offset)
    {
        offset = TimeSpan.Zero;
        if (CelTime.TryParseOffset(zone, out var minutes))
        {
            offset = TimeSpan.FromMinutes(minutes);
            return true;
        }

        if (!TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found))
            return false;
        offset = found.GetUtcOffset(time.AsTimestamp().UtcDateTime);
        return true;
    }

    private static CelValue Of(TimePart part, in CelValue time, TimeSpan offset)
    {
        var ticks = DateTime.UnixEpoch.Ticks + time.Bits * TimeSpan.TicksPerSecond + offset.Ticks;
        // A zone may carry the first and last hours of the calendar beyond it.
        if (ticks < 0 || ticks > DateTime.MaxValue.Ticks)
            return CelValue.Error("timestamp out of range in this zone");
        var date = new DateTime(ticks, DateTimeKind.Unspecified);
        return CelValue.Of(part switch
        {
            TimePart.FullYear => date.Year,
            TimePart.Month => date.Month - 1,
            TimePart.Date => date.Day,
            TimePart.DayOfMonth => date.Day - 1,
            TimePart.DayOfWeek => (long)date.DayOfWeek,
            TimePart.DayOfYear => date.DayOfYear - 1,
            TimePart.Hours => date.Hour,
            TimePart.Minutes => date.Minute,
            TimePart.Seconds => date.Second,
            _ => time.Nanos / 1_000_000,
        });
    }

    // Milliseconds are those within the second, as the specification's example has them; the others count the whole span.
    private static CelValue OfSpan(TimePart part, long nanoseconds) => part switch
    {
        TimePart.Hours => CelValue.Of(nanoseconds / (3600 * CelTime.NanosPerSecond)),
        TimePart.Minutes => CelValue.Of(nanoseconds / (60 * CelTime.NanosPerSecond)),
        TimePart.Seconds => CelValue.Of(nanoseconds / CelTime.NanosPerSecond),
        TimePart.Milliseconds => CelValue.Of(nanoseconds % CelTime.NanosPerSecond / 1_000_000),
        _ => RuleFaults.NoOverload,
    };
}
