using System.Collections.Immutable;
using PmOrleans.Decisioning.Catalog;

namespace PmOrleans.Decisioning.Decisions;

/// <summary>Which wording of an offer is shown: the best match of the locale; among equally good ones, drawn evenly.</summary>
internal static class CreativeChoice
{
    /// <param name="uniform">In [0, 1).</param>
    /// <param name="factor">Probability of the creative given the offer.</param>
    public static Creative Choose(ImmutableArray<Creative> creatives, string? locale, string defaultLocale, double uniform, out double factor)
    {
        var best = -1;
        var ties = 0;
        foreach (var creative in creatives)
        {
            var rank = Rank(creative.Locale, locale, defaultLocale);
            if (rank > best)
            {
                best = rank;
                ties = 0;
            }

            ties += rank == best ? 1 : 0;
        }

        factor = 1.0 / ties;
        var wanted = Math.Min(ties - 1, (int)(uniform * ties));
        foreach (var creative in creatives)
        {
            if (Rank(creative.Locale, locale, defaultLocale) == best && wanted-- == 0)
            {
                return creative;
            }
        }

        throw new InvalidOperationException("an offer has no creative");
    }

    /// <summary>4 the locale asked for, 3 its language, 2 for any locale, 1 the catalog's default, 0 whatever there is.</summary>
    private static int Rank(string? has, string? asked, string defaultLocale)
    {
        if (asked is not null && has is not null)
        {
            if (string.Equals(has, asked, StringComparison.OrdinalIgnoreCase))
            {
                return 4;
            }

            if (Language(has).Equals(Language(asked), StringComparison.OrdinalIgnoreCase))
            {
                return 3;
            }
        }

        return has is null ? 2 : string.Equals(has, defaultLocale, StringComparison.OrdinalIgnoreCase) ? 1 : 0;
    }

    private static ReadOnlySpan<char> Language(string locale)
    {
        var dash = locale.IndexOf('-', StringComparison.Ordinal);
        return dash < 0 ? locale : locale.AsSpan(0, dash);
    }
}
