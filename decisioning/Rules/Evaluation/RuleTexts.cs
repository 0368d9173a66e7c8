using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace PmOrleans.Decisioning.Rules;

/// <summary>Functions on strings. Comparison is by code point; nothing depends on a culture.</summary>
internal static class RuleTexts
{
    public const string MatchesName = "matches";

    // Patterns that come from data, not from the rule's text. Past this the cache starts again.
    private const int CachedPatterns = 256;

    private static readonly ConcurrentDictionary<string, Regex?> Patterns = new(StringComparer.Ordinal);

    public static CelValue Contains(in CelValue text, in CelValue part) =>
        AreTexts(in text, in part) ? CelValue.Of(text.AsString().Contains(part.AsString(), StringComparison.Ordinal)) : RuleFaults.NoOverload;

    public static CelValue StartsWith(in CelValue text, in CelValue part) =>
        AreTexts(in text, in part) ? CelValue.Of(text.AsString().StartsWith(part.AsString(), StringComparison.Ordinal)) : RuleFaults.NoOverload;

    public static CelValue EndsWith(in CelValue text, in CelValue part) =>
        AreTexts(in text, in part) ? CelValue.Of(text.AsString().EndsWith(part.AsString(), StringComparison.Ordinal)) : RuleFaults.NoOverload;

    public static CelValue Matches(in CelValue text, in CelValue pattern)
    {
        if (!AreTexts(in text, in pattern))
            return RuleFaults.NoOverload;
        if (!Patterns.TryGetValue(pattern.AsString(), out var regex))
        {
            TryCompile(pattern.AsString(), out regex, out _);
            if (Patterns.Count >= CachedPatterns)
                Patterns.Clear();
            Patterns[pattern.AsString()] = regex;
        }

        return regex is null ? CelValue.Error("not a regular expression") : CelValue.Of(regex.IsMatch(text.AsString()));
    }

    /// <summary>A pattern whose matching takes time linear in the text; back references and look-around, which would not, are refused.</summary>
    public static bool TryCompile(string pattern, [NotNullWhen(true)] out Regex? regex, [NotNullWhen(false)] out string? reason)
    {
        try
        {
            regex = new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            reason = null;
            return true;
        }
        catch (ArgumentException e)
        {
            regex = null;
            reason = e.Message;
            return false;
        }
        catch (NotSupportedException e)
        {
            regex = null;
            reason = WhatIsTooMuch(e.Message);
            return false;
        }
    }

    /// <summary>The engine speaks of its own options; the writer wants to know what of the pattern to leave out.</summary>
    private static string WhatIsTooMuch(string message) =>
        message.Contains("backreference", StringComparison.Ordinal) ? "it has a back reference, which cannot be matched in one pass over the text."
        : message.Contains("look", StringComparison.Ordinal) ? "it looks ahead or behind, which cannot be matched in one pass over the text."
        : message.Contains("atomic", StringComparison.Ordinal) ? "it has an atomic group, which cannot be matched in one pass over the text."
        : message.Contains("contiguous", StringComparison.Ordinal) ? "it has \\G, which cannot be matched in one pass over the text."
        : message.Contains("conditional", StringComparison.Ordinal) ? "it has a condition on a group, which cannot be matched in one pass over the text."
        : "it is too large: matching it in one pass over the text would take too much memory.";

    public static CelValue Concat(string left, string right) =>
        left.Length + (long)right.Length > RuleLimits.MaxResultLength ? RuleFaults.TooLarge : CelValue.Of(string.Concat(left, right));

    public static CelValue Concat(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        if (left.Length + (long)right.Length > RuleLimits.MaxResultLength)
            return RuleFaults.TooLarge;
        var octets = new byte[left.Length + right.Length];
        left.CopyTo(octets);
        right.CopyTo(octets.AsSpan(left.Length));
        return new CelValue(CelKind.Bytes, 0, octets);
    }

    public static int CodePoints(string text)
    {
        var count = text.Length;
        for (var i = 1; i < text.Length; i++)
        {
            if (char.IsSurrogatePair(text[i - 1], text[i]))
                count--;
        }

        return count;
    }

    private static bool AreTexts(in CelValue left, in CelValue right) => left.Kind == CelKind.String && right.Kind == CelKind.String;
}
