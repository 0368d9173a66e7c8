using System.Text.RegularExpressions;

namespace PmOrleans.Node.Catalog;

/// <summary>What people most likely did where a file stops being YAML. The reader names what it expected; this names what to look for.</summary>
internal static class YamlHints
{
    // Linear in the length of a line, which may be a hostile one.
    private const RegexOptions Linear = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture;

    private static readonly Regex KeyAlone = new(@"^\s*(- +)?[\w.-]+$", Linear);
    private static readonly Regex ColonWithoutSpace = new(@"^ *(- +)?[\w.-]+:[^\s:/]", Linear);
    private static readonly Regex ForeignIndent = new(@"^[ \t]*(?<blank>[\u00A0\u2000-\u200B\u202F\u3000\uFEFF])", Linear);

    // Before any colon of its own, so that Chinese text behind a key is none.
    private static readonly Regex FullWidthColon = new(@"^[^:#'""]*[A-Za-z0-9_.-]：", Linear);
    private static readonly Regex DashWithoutSpace = new(@"^ *(-[{\[""'\w]|[—–－・•])", Linear);
    private static readonly Regex CurlyQuotes = new(@"[:,\[]\s*[“”„‘’]", Linear);
    private static readonly Regex FullWidthComma = new(@"[{\[].*，\s*[\w.-]+\s*[:：]", Linear);

    /// <param name="text">The whole file.</param>
    /// <param name="at">Offset of the mistake.</param>
    /// <param name="message">What the reader said; empty when it broke.</param>
    public static string? Of(string text, int at, string message)
    {
        if (at >= text.Length)
            return "a quote or bracket may not be closed";

        var start = LineStart(text, at);
        var line = LineAt(text, start);
        if (Lookalike(text, start) is { } lookalike)
            return lookalike;
        if (text[at] == '\t' || line is ['\t', ..])
            return "indent with spaces, not with tabs";
        if (message.Length == 0)
            return line.Contains(" #", StringComparison.Ordinal) ? "text with a # in it goes in quotes" : "a bracket may not be closed";
        if (message.Contains("quoted scalar", StringComparison.Ordinal))
            return "the closing quote may be missing";
        if (text[at] is '@' or '`' or '%' or '!' or '*' or '&')
            return $"text that begins with {text[at]} goes in quotes";

        var before = text.AsSpan(start, at - start);
        if (DashWithoutSpace.IsMatch(line))
            return "an item of a list begins with a plain '-' and a space";
        if (CurlyQuotes.IsMatch(line))
            return "“ and ” are no quotes here: put the whole text in straight ones, \"…\"";
        if (text[at] == ':')
        {
            if (start > 0 && ColonWithoutSpace.IsMatch(LineAt(text, LineStart(text, start - 1))))
                return $"in line {text.AsSpan(0, start).Count('\n')} a space is missing after the colon of the key";
            return KeyAlone.IsMatch(before)
                ? "it stands deeper than the line above, which has its value already: lines that belong together begin in the same column; look at both lines"
                : "text with a colon and a space in it goes in quotes";
        }

        if (before.TrimEnd() is [.., '\'' or '"'])
            return "text ends at its closing quote: put all of it in double quotes, or write an apostrophe in single quotes twice";
        if (ColonWithoutSpace.IsMatch(line))
            return "after the colon of a key comes a space";
        return before.IsWhiteSpace() && message.Contains("expected key", StringComparison.Ordinal)
            ? "lines that belong together begin in the same column; this one does not"
            : message.Contains("expected ','", StringComparison.Ordinal) ? "a bracket may not be closed"
            : null;
    }

    /// <summary>Full-width punctuation and blanks that look right, in the line of the mistake or the last one before it.</summary>
    private static string? Lookalike(string text, int start)
    {
        for (var (left, at) = (2, start); left > 0; left--)
        {
            var line = LineAt(text, at);
            var number = text.AsSpan(0, at).Count('\n') + 1;
            if (ForeignIndent.Match(line) is { Success: true } indent)
                return $"line {number} begins with the blank U+{(int)indent.Groups["blank"].ValueSpan[0]:X4}, which is no space: indent with the space bar";
            if (FullWidthColon.IsMatch(line))
                return $"line {number} has a full-width '：'; after a key stands ':' and a space";
            if (FullWidthComma.IsMatch(line))
                return $"line {number} has a full-width '，'; between braces stands ','";
            if (at == 0)
                break;
            at = LineStart(text, at - 1);
        }

        return null;
    }

    private static int LineStart(string text, int at) => at == 0 ? 0 : text.LastIndexOf('\n', at - 1) + 1;

    private static string LineAt(string text, int start) => text.IndexOf('\n', start) is var end && end < 0 ? text[start..] : text[start..end];
}
