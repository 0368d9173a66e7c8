using System.Buffers.Text;

namespace PmOrleans.Gateway.Json;

/// <summary>Times as they are written in JSON: ISO 8601 with an offset coming in, UTC going out.</summary>
/// <remarks>Inside, time is Unix microseconds. The range is that of a date with four digits: 0001-01-01 to 9999-12-31, in UTC.</remarks>
internal static class IsoTime
{
    /// <summary>Room that writing needs: one more than <c>2026-11-21T10:00:00.123456Z</c>, as the formatter writes seven digits first.</summary>
    public const int MaxLength = 28;

    private const long MicrosPerSecond = 1_000_000;
    private const long UnixEpochMicros = 62_135_596_800L * MicrosPerSecond;
    private const long LastMicros = 253_402_300_800L * MicrosPerSecond - 1;

    /// <summary>Reads <c>yyyy-MM-ddTHH:mm:ss[.fraction](Z|±HH:mm)</c>; digits beyond the microsecond are cut.</summary>
    /// <returns><c>null</c> when read, otherwise what is wrong, to follow the field's name.</returns>
    public static string? TryRead(ReadOnlySpan<byte> text, out long micros)
    {
        micros = 0;
        if (text.Length < 10
            || !Digits(text, 0, 4, out var year) || text[4] != '-'
            || !Digits(text, 5, 2, out var month) || text[7] != '-'
            || !Digits(text, 8, 2, out var day))
        {
            return "must be a time such as 2026-11-21T10:00:00Z";
        }

        if (year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(Math.Max(1, year), month))
        {
            return "is not a day of the calendar";
        }

        if (text.Length < 19 || text[10] is not ((byte)'T' or (byte)'t' or (byte)' ')
            || !Digits(text, 11, 2, out var hour) || text[13] != ':'
            || !Digits(text, 14, 2, out var minute) || text[16] != ':'
            || !Digits(text, 17, 2, out var second))
        {
            return "must have a time of day with seconds, such as 2026-11-21T10:00:00Z";
        }

        if (hour > 23 || minute > 59 || second > 59)
        {
            return "is not a time of day";
        }

        var rest = text[19..];
        var fraction = 0L;
        if (!rest.IsEmpty && rest[0] == '.')
        {
            var digits = 1;
            for (var scale = MicrosPerSecond / 10; digits < rest.Length && char.IsAsciiDigit((char)rest[digits]); digits++, scale /= 10)
            {
                fraction += (rest[digits] - '0') * scale;
            }

            if (digits == 1)
            {
                return "must have digits after the point";
            }

            rest = rest[digits..];
        }

        if (rest.IsEmpty)
        {
            return "needs an offset such as Z or +08:00";
        }

        if (!TryOffset(rest, out var offsetMinutes))
        {
            return "must end in an offset such as Z or +08:00";
        }

        var seconds = new DateTime(year, month, day, hour, minute, second, DateTimeKind.Utc).Ticks / TimeSpan.TicksPerSecond;
        micros = ((seconds - offsetMinutes * 60L) * MicrosPerSecond) + fraction - UnixEpochMicros;
        return micros is < -UnixEpochMicros or > LastMicros ? "is outside of the years 0001 to 9999" : null;
    }

    /// <summary>Writes UTC, with as many digits of the second as it has; a time outside of the range is written as the nearest one inside.</summary>
    /// <returns>Bytes written, at most <see cref="MaxLength"/>.</returns>
    public static int Write(long micros, Span<byte> target)
    {
        var time = ToDateTime(micros);
        _ = Utf8Formatter.TryFormat(time, target, out _, new System.Buffers.StandardFormat('O'));
        var fraction = (int)((ulong)(time.Ticks % TimeSpan.TicksPerSecond) / 10);
        var length = fraction == 0 ? 19 : 26;
        while (fraction != 0 && target[length - 1] == '0')
        {
            length--;
        }

        target[length] = (byte)'Z';
        return length + 1;
    }

    public static DateTime ToDateTime(long micros) =>
        new((Math.Clamp(micros, -UnixEpochMicros, LastMicros) + UnixEpochMicros) * 10, DateTimeKind.Utc);

    private static bool TryOffset(ReadOnlySpan<byte> text, out int minutes)
    {
        minutes = 0;
        if (text.Length == 1)
        {
            return text[0] is (byte)'Z' or (byte)'z';
        }

        if (text.Length != 6 || text[0] is not ((byte)'+' or (byte)'-') || text[3] != ':'
            || !Digits(text, 1, 2, out var hours) || !Digits(text, 4, 2, out var rest) || hours > 18 || rest > 59)
        {
            return false;
        }

        minutes = (hours * 60 + rest) * (text[0] == '-' ? -1 : 1);
        return true;
    }

    private static bool Digits(ReadOnlySpan<byte> text, int at, int count, out int value)
    {
        value = 0;
        foreach (var digit in text.Slice(at, count))
        {
            if (!char.IsAsciiDigit((char)digit))
            {
                return false;
            }

            value = value * 10 + (digit - '0');
        }

        return true;
    }
}
