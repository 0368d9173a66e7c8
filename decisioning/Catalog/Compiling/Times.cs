using System.Globalization;
using System.Text.RegularExpressions;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>Instants as a catalog writes them: ISO 8601 with an offset, or a date alone, which is its first moment in a zone.</summary>
internal static partial class Times
{
    private static readonly long Earliest = (DateTime.MinValue.Ticks - DateTime.UnixEpoch.Ticks) / 10;
    private static readonly long Latest = (DateTime.MaxValue.Ticks - DateTime.UnixEpoch.Ticks) / 10;

    private static readonly string[] Local =
    [
        "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF",
        "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd HH:mm", "yyyy-MM-dd HH:mm:ss.FFFFFFF",
    ];

    /// <summary>Unix microseconds, or what is wrong with the text. Years 1 and 9999 are kept inside what a date can say.</summary>
    public static long? Parse(string text, TimeZoneInfo zone, out string? problem, out string? hint)
    {
        (problem, hint) = (null, null);
        if (DateTime.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date))
            return Micros(date.Ticks, OffsetAtMidnight(date, zone));

        var clock = text;
        TimeSpan offset;
        if (text.EndsWith('Z') || text.EndsWith('z'))
            (clock, offset) = (text[..^1], TimeSpan.Zero);
        else if (text.Length > 6 && text[^6] is '+' or '-' && text[^3] == ':' && TryOffset(text.AsSpan(text.Length - 6), out offset))
            clock = text[..^6];
        else if (IsLocal(text, out _))
            return Failed("The time has no offset from UTC.", $"write {text.Replace(' ', 'T')}{Shown(zone.BaseUtcOffset)}, or the date alone for midnight in {zone.Id}", out problem, out hint);
        else
            return Failed($"'{Shortened(text)}' is not a time that exists.", Advice(text), out problem, out hint);

        return IsLocal(clock, out var moment) ? Micros(moment.Ticks, offset)
            : Failed($"'{Shortened(text)}' is not a time that exists.", Advice(text), out problem, out hint);
    }

    /// <summary>An instant as documents show it, <c>null</c> for none.</summary>
    public static string? Text(long micros) =>
        micros is long.MinValue or long.MaxValue ? null
            : new DateTime(DateTime.UnixEpoch.Ticks + micros * 10, DateTimeKind.Utc).ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture);

    private static bool IsLocal(string text, out DateTime moment) =>
        DateTime.TryParseExact(text, Local, CultureInfo.InvariantCulture, DateTimeStyles.None, out moment);

    private static TimeSpan OffsetAtMidnight(DateTime date, TimeZoneInfo zone)
    {
        // where clocks jump over midnight the day begins with the first moment behind the gap, which has the offset of an hour before it
        var unspecified = DateTime.SpecifyKind(date, DateTimeKind.Unspecified);
        return zone.IsInvalidTime(unspecified) && date > DateTime.MinValue.AddHours(1) ? zone.GetUtcOffset(unspecified.AddHours(-1))
            : zone.IsAmbiguousTime(unspecified) ? zone.GetAmbiguousTimeOffsets(unspecified).Max()
            : zone.GetUtcOffset(unspecified);
    }

    private static long Micros(long localTicks, TimeSpan offset) =>
        Math.Clamp((localTicks - offset.Ticks - DateTime.UnixEpoch.Ticks) / 10, Earliest, Latest);

    private static bool TryOffset(ReadOnlySpan<char> text, out TimeSpan offset)
    {
        offset = default;
        if (!int.TryParse(text[1..3], NumberStyles.None, CultureInfo.InvariantCulture, out var hours)
            || !int.TryParse(text[4..6], NumberStyles.None, CultureInfo.InvariantCulture, out var minutes) || minutes > 59 || hours > 14)
            return false;
        offset = new TimeSpan(hours, minutes, 0) * (text[0] == '-' ? -1 : 1);
        return true;
    }

    /// <summary>The date that was meant, where the year comes first and so the order is plain.</summary>
    private static string Advice(string text) =>
        YearFirst().Match(text) is { Success: true } date
            && DateTime.TryParse($"{date.Groups["y"].Value}-{date.Groups["m"].Value}-{date.Groups["d"].Value}", CultureInfo.InvariantCulture, out var meant)
            ? $"write {meant:yyyy-MM-dd}"
            : $"{(text.Length > 4 && text[..4].All(char.IsAsciiDigit) ? "" : "the year first: ")}write 2026-03-01 or 2026-03-01T10:00:00+08:00";

    [GeneratedRegex("^(?<y>[0-9]{4})[-/.年 ]+(?<m>[0-9]{1,2})[-/.月 ]+(?<d>[0-9]{1,2})日?$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex YearFirst();

    private static long? Failed(string message, string advice, out string? problem, out string? hint)
    {
        (problem, hint) = (message, advice);
        return null;
    }

    private static string Shown(TimeSpan offset) => (offset < TimeSpan.Zero ? "-" : "+") + offset.ToString("hh':'mm", CultureInfo.InvariantCulture);

    private static string Shortened(string text) => text.Length <= 40 ? text : text[..40] + "…";
}
