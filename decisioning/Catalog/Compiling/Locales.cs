using System.Text.RegularExpressions;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>BCP 47 language tags, as far as shops use them: language, script, region, variants.</summary>
internal static partial class Locales
{
    /// <summary>The tag in its usual writing (<c>zh-Hans-CN</c>), or <c>null</c>.</summary>
    public static string? Canonical(string tag)
    {
        if (!Tag().IsMatch(tag))
            return null;
        var parts = tag.Split('-');
        for (var i = 0; i < parts.Length; i++)
        {
            parts[i] = i == 0 ? parts[i].ToLowerInvariant()
                : parts[i].Length == 4 && char.IsAsciiLetter(parts[i][0]) ? char.ToUpperInvariant(parts[i][0]) + parts[i][1..].ToLowerInvariant()
                : parts[i].Length == 2 ? parts[i].ToUpperInvariant()
                : parts[i].ToLowerInvariant();
        }

        return string.Join('-', parts);
    }

    /// <summary>Whether a creative in <paramref name="offered"/> can be read by who asks for <paramref name="wanted"/>: the same language.</summary>
    public static bool Serves(string? offered, string wanted) =>
        offered is null || string.Equals(offered.Split('-')[0], wanted.Split('-')[0], StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex("^[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?(-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Tag();
}
