using System.Globalization;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>Amounts of money: decimal, exact, at most six places.</summary>
internal static class Amounts
{
    public const decimal Highest = 1_000_000_000_000m;
    private const decimal Micros = 1_000_000m;

    /// <summary>Micros of the currency, or what is wrong with the text.</summary>
    public static long? Parse(string text, out string? problem)
    {
        problem = null;
        if (!decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var amount))
        {
            problem = text.Any(char.IsAsciiDigit) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _)
                ? TooHigh(text)
                : $"'{Shown(text)}' is not an amount; an amount is a decimal number such as 12.5.";
        }
        else if (amount < 0)
            problem = $"An amount must not be negative; this is {amount.ToString(CultureInfo.InvariantCulture)}.";
        else if (amount > Highest)
            problem = TooHigh(text);
        // decimal keeps 28 digits, so a seventh place that was written is still there unless the text has more digits than any amount
        else if (Math.Abs(amount * Micros % 1) > 0 || PlacesBeyondDecimal(text))
            problem = $"An amount has at most six decimal places; this is {Shown(text)}.";
        return problem is null ? (long)(amount * Micros) : null;
    }

    /// <summary>As much of a text as a message has room for.</summary>
    public static string Shown(string text) => text.Length <= 40 ? text : text[..40] + "…";

    private static string TooHigh(string text) => string.Create(CultureInfo.InvariantCulture, $"An amount is at most {Highest:#,0}; this is {Shown(text)}.");

    private static bool PlacesBeyondDecimal(string text) => text.Length > 28 && text.TrimEnd('0').Length > 28;
}
