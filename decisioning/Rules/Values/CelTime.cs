using System.Buffers;
using System.Globalization;

namespace PmOrleans.Decisioning.Rules;

/// <summary>Reading, writing and adding timestamps (RFC 3339) and durations (<c>1h30m</c>, <c>-1.5s</c>).</summary>
internal static class CelTime
{
    public const long NanosPerSecond = 1_000_000_000;

    // 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z in seconds since 1970: the range of the specification.
    private const long FirstSecond = -62_135_596_800;
    private const long LastSecond = 253_402_300_799;

    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    private const string TimestampRange = "timestamp out of range (years 1 to 9999)";
    private const string DurationRange = "duration out of range (292 years)";

    public static CelValue FromSeconds(long seconds, int nanos = 0) =>
        seconds is < FirstSecond or > LastSecond ? CelValue.Error(TimestampRange) : new(CelKind.Timestamp, seconds, null, nanos);

    public static CelValue Add(in CelValue timestamp, long nanoseconds)
    {
        // Int128 keeps this exact where 64-bit nanoseconds since 1970 end in the year 2262.
        var total = (Int128)timestamp.Bits * NanosPerSecond + timestamp.Nanos + nanoseconds;
        var seconds = total / NanosPerSecond;
        var nanos = total % NanosPerSecond;
        return nanos < 0
            ? FromSeconds((long)seconds - 1, (int)(nanos + NanosPerSecond))
            : FromSeconds((long)seconds, (int)nanos);
    }

    public static CelValue Difference(in CelValue left, in CelValue right)
    {
        var total = ((Int128)left.Bits - right.Bits) * NanosPerSecond + (left.Nanos - right.Nanos);
        return FromNanoseconds(total);
    }

    public static CelValue FromNanoseconds(Int128 total) =>
        total > long.MaxValue || total < long.MinValue ? CelValue.Error(DurationRange) : CelValue.OfNanoseconds((long)total);

    public static CelValue Parse(string text)
    {
        // yyyy-mm-ddThh:mm:ss[.fffffffff](Z|±hh:mm)
        var bad = CelValue.Error("not a timestamp; expected the form 2026-11-21T10:00:00Z");
        ReadOnlySpan<char> s = text;
        if (s.Length < 20 || s[4] != '-' || s[7] != '-' || s[10] is not ('T' or 't') || s[13] != ':' || s[16] != ':'
            || !Digits(s[..4], out var year) || !Digits(s[5..7], out var month) || !Digits(s[8..10], out var day)
            || !Digits(s[11..13], out var hour) || !Digits(s[14..16], out var minute) || !Digits(s[17..19], out var second))
            return bad;

        s = s[19..];
        var nanos = 0;
        if (s[0] == '.')
        {
            var length = 1;
            var scale = (int)NanosPerSecond;
            while (length < s.Length && char.IsAsciiDigit(s[length]))
            {
                scale /= 10;
                nanos += (s[length] - '0') * scale;
                length++;
            }

            if (length == 1)
                return bad;
            s = s[length..];
        }

        int offsetMinutes;
        if (s is "Z" or "z")
            offsetMinutes = 0;
        else if (s.Length != 6 || s[0] is not ('+' or '-') || !TryParseOffset(s, out offsetMinutes))
            return bad;

        if (year < 1)
            return CelValue.Error(TimestampRange);
        if (month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 59)
            return bad;
        var ticks = new DateTime(year, month, day, hour, minute, second, DateTimeKind.Utc).Ticks - DateTime.UnixEpoch.Ticks;
        return FromSeconds(ticks / TimeSpan.TicksPerSecond - offsetMinutes * 60L, nanos);
    }

    public static string Format(in CelValue timestamp)
    {
        var date = new DateTime(DateTime.UnixEpoch.Ticks + timestamp.Bits * TimeSpan.TicksPerSecond, DateTimeKind.Utc);
        return date.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture) + Fraction(timestamp.Nanos) + "Z";
    }

    public static CelValue ParseDuration(string text)
    {
        var bad = CelValue.Error("not a duration; expected a form like 90s, 1h30m or 7.5s");
        ReadOnlySpan<char> s = text;
        var negative = s.StartsWith("-");
        if (negative || s.StartsWith("+"))
            s = s[1..];
        if (s is "0")
            return CelValue.OfNanoseconds(0);
        if (s.IsEmpty || s.Length > 64)
            return bad;

        Int128 total = 0;
        while (!s.IsEmpty)
        {
            var length = s.IndexOfAnyExcept(NumberCharacters);
            if (length <= 0 || !decimal.TryParse(s[..length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount))
                return bad;
            s = s[length..];
            var unitLength = s.IndexOfAny(NumberCharacters);
            var unit = unitLength < 0 ? s : s[..unitLength];
            var nanos = unit switch
            {
                "h" => 3600 * NanosPerSecond,
                "m" => 60 * NanosPerSecond,
                "s" => NanosPerSecond,
                "ms" => 1_000_000,
                "us" or "µs" or "μs" => 1_000,
                "ns" => 1,
                _ => 0,
            };
            if (nanos == 0)
                return bad;
            if (amount > decimal.MaxValue / nanos)
                return CelValue.Error(DurationRange);
            total += (Int128)decimal.Truncate(amount * nanos);
            s = s[unit.Length..];
        }

        return FromNanoseconds(negative ? -total : total);
    }

    /// <summary>Seconds with up to nine decimals and an <c>s</c>, as the specification's JSON form has it.</summary>
    public static string FormatDuration(long nanoseconds)
    {
        var magnitude = Int128.Abs(nanoseconds);
        return (nanoseconds < 0 ? "-" : "")
            + ((long)(magnitude / NanosPerSecond)).ToString(CultureInfo.InvariantCulture)
            + Fraction((int)(magnitude % NanosPerSecond)) + "s";
    }

    /// <summary>Reads <c>+hh:mm</c>, <c>-hh:mm</c> or <c>hh:mm</c>.</summary>
    public static bool TryParseOffset(ReadOnlySpan<char> text, out int minutes)
    {
        minutes = 0;
        var negative = text.StartsWith("-");
        if (negative || text.StartsWith("+"))
            text = text[1..];
        if (text.Length != 5 || text[2] != ':' || !Digits(text[..2], out var h) || !Digits(text[3..], out var m) || h > 23 || m > 59)
            return false;
        minutes = (h * 60 + m) * (negative ? -1 : 1);
        return true;
    }

    private static bool Digits(ReadOnlySpan<char> text, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);

    private static string Fraction(int nanos) =>
        nanos == 0 ? "" : "." + nanos.ToString("D9", CultureInfo.InvariantCulture).TrimEnd('0');
}
