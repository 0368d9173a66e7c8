using System.Globalization;

namespace PmOrleans.Decisioning.Rules;

/// <summary>Number literals, sign included.</summary>
internal static class RuleNumber
{
    public static bool TryParse(RuleTokenKind kind, string text, out CelValue value)
    {
        value = default;
        switch (kind)
        {
            case RuleTokenKind.Double:
                if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
                    return false;
                value = CelValue.Of(number);
                return double.IsFinite(number);
            case RuleTokenKind.Uint:
                if (!TryMagnitude(text.AsSpan(0, text.Length - 1), out var unsigned))
                    return false;
                value = CelValue.Of(unsigned);
                return true;
            default:
                var negative = text[0] == '-';
                if (!TryMagnitude(text.AsSpan(negative ? 1 : 0), out var magnitude) || magnitude > (ulong)long.MaxValue + (negative ? 1UL : 0UL))
                    return false;
                value = CelValue.Of(negative ? unchecked(-(long)magnitude) : (long)magnitude);
                return true;
        }
    }

    private static bool TryMagnitude(ReadOnlySpan<char> text, out ulong magnitude) =>
        text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? ulong.TryParse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out magnitude)
            : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out magnitude);
}
