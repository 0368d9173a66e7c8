namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>Spans of time as a catalog writes them: <c>30s 15m 2h 7d</c>.</summary>
internal static class Durations
{
    public static readonly TimeSpan Longest = TimeSpan.FromDays(400);

    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        if (text.Length is < 2 or > 10 || !text.AsSpan(0, text.Length - 1).ContainsOnlyDigits())
            return false;
        var count = long.Parse(text.AsSpan(0, text.Length - 1));
        long unit = text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3_600, 'd' => 86_400, _ => 0 };
        // at most nine digits: no overflow in seconds, and 31,000 years at most
        if (unit == 0 || count * unit > TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerSecond)
            return false;
        duration = TimeSpan.FromTicks(count * unit * TimeSpan.TicksPerSecond);
        return true;
    }

    /// <summary>The shortest way to write it: 24h is <c>1d</c>.</summary>
    public static string Text(TimeSpan duration)
    {
        var seconds = duration.Ticks / TimeSpan.TicksPerSecond;
        return seconds % 86_400 == 0 ? $"{seconds / 86_400}d" : seconds % 3_600 == 0 ? $"{seconds / 3_600}h" : seconds % 60 == 0 ? $"{seconds / 60}m" : $"{seconds}s";
    }

    private static bool ContainsOnlyDigits(this ReadOnlySpan<char> text) => !text.ContainsAnyExceptInRange('0', '9');
}
