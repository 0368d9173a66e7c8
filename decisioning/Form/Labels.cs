using PmOrleans.Decisioning.Facts;

namespace PmOrleans.Decisioning.Form;

/// <summary>The rule for ids and names: 1 to so many characters after trimming, no control characters, case-sensitive.</summary>
public static class Labels
{
    /// <summary>What is wrong with an id, or <c>null</c>. Ids stand in addresses, out of which <c>.</c> and <c>..</c> vanish even encoded.</summary>
    public static string? WrongId(string id) =>
        id is "." or ".." ? $"is '{id}', which cannot stand in an address" : WrongName(id, TouchpointLimits.IdLength);

    /// <summary>What is wrong with a name that should have been trimmed, or <c>null</c>.</summary>
    public static string? WrongName(string name, int most) =>
        Wrong(name, most) ?? (char.IsWhiteSpace(name[0]) || char.IsWhiteSpace(name[^1]) ? $"is '{Shown(name)}', with white space around it" : null);

    /// <summary>What is wrong with a label, or <c>null</c>.</summary>
    public static string? Wrong(string label, int most)
    {
        if (label.Length > 0 && label.Length <= most && label.AsSpan().IndexOfAnyExceptInRange('!', '~') < 0)
        {
            return null;
        }

        if (label.Length == 0)
        {
            return $"is empty; 1 to {most} characters are needed";
        }

        if (label.Length > most)
        {
            return $"has {label.Length} characters; allowed are 1 to {most}";
        }

        foreach (var character in label)
        {
            if (char.IsControl(character))
            {
                return $"contains the control character U+{(int)character:X4}";
            }
        }

        return WrongText(label);
    }

    /// <summary>What is wrong with a line that others will read, or <c>null</c>: it holds nothing that breaks it or turns what stands beside it around.</summary>
    public static string? WrongLine(string line, int most) =>
        Wrong(line, most) ?? (line.FirstOrDefault(Steers) is var found && found != '\0' ? $"contains the control character U+{(int)found:X4}" : null);

    /// <summary>Whether a character is obeyed instead of shown: line and paragraph separators, embeddings, overrides and isolates (Unicode Standard Annex 9).</summary>
    private static bool Steers(char character) => char.IsControl(character) || character is '\u2028' or '\u2029' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');

    /// <summary>What is wrong with any text, or <c>null</c>.</summary>
    public static string? WrongText(string text)
    {
        for (var i = text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF'); i >= 0 && i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
            }
            else if (char.IsSurrogate(text[i]))
            {
                return "contains a lone surrogate, which is no character";
            }
        }

        return null;
    }

    /// <summary>What the sender wrote, short enough to be repeated in an error.</summary>
    public static string Shown(string text, int most = 64)
    {
        var end = Math.Min(text.Length, most);
        if (end < text.Length && char.IsHighSurrogate(text[end - 1]))
        {
            end--;
        }

        return string.Create(end, text, static (target, source) =>
        {
            for (var i = 0; i < target.Length; i++)
            {
                target[i] = Steers(source[i]) ? '\uFFFD' : source[i];
            }
        }) + (end < text.Length ? "…" : "");
    }
}
