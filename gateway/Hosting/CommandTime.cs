using System.Globalization;
using System.Text;
using PmOrleans.Gateway.Json;

namespace PmOrleans.Gateway.Hosting;

/// <summary>Times on the command line: a day in UTC, or a time as the HTTP API takes it. Anything else might be read as another moment than was meant.</summary>
internal static class CommandTime
{
    /// <returns>Unix microseconds.</returns>
    /// <exception cref="StartException">It is neither.</exception>
    public static long Micros(string option, string text)
    {
        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
        {
            return new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero).ToUnixTimeMilliseconds() * 1000;
        }

        return IsoTime.TryRead(Encoding.UTF8.GetBytes(text), out var micros) is { } problem
            ? throw new StartException($"{option} is '{text}' and {problem}; a day such as 2026-11-01 (UTC) is allowed as well")
            : micros;
    }
}
