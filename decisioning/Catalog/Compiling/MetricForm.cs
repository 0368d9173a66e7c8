using System.Text.RegularExpressions;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>
/// A metric as it is written, in its parts: <c>kind(type.property where filter) by key max keys over window</c>. Nothing of it is checked but the shape.
/// </summary>
internal sealed partial class MetricForm
{
    /// <summary>A part with its offset in the text.</summary>
    public readonly record struct Part(string Text, int Offset);

    public required Part Kind { get; init; }

    public required Part Type { get; init; }

    public Part? Property { get; init; }

    public Part? Filter { get; init; }

    public Part? Key { get; init; }

    public Part? MostKeys { get; init; }

    public required bool HalfLife { get; init; }

    public required Part Window { get; init; }

    public static MetricForm? Parse(string text)
    {
        if (Head().Match(text) is not { Success: true } head)
            return null;
        var at = head.Length;
        Part? filter = null;
        if (head.Groups["where"].Success)
        {
            var end = EndOfFilter(text, at);
            if (end < 0)
                return null;
            filter = new Part(text[at..end], at);
            at = end + 1;
        }

        if (Tail().Match(text, at) is not { Success: true } tail)
            return null;
        return new MetricForm
        {
            Kind = PartOf(head.Groups["kind"])!.Value,
            Type = PartOf(head.Groups["type"])!.Value,
            Property = PartOf(head.Groups["property"]),
            Filter = filter,
            Key = PartOf(tail.Groups["key"]),
            MostKeys = PartOf(tail.Groups["most"]),
            HalfLife = tail.Groups["word"].Value == "half-life",
            Window = PartOf(tail.Groups["window"])!.Value,
        };
    }

    private static Part? PartOf(Group group) => group.Success ? new Part(group.Value, group.Index) : null;

    /// <summary>Where the bracket closes that was open before the filter; -1 when it does not.</summary>
    private static int EndOfFilter(string text, int start)
    {
        var depth = 0;
        for (var i = start; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '(' or '[' or '{':
                    depth++;
                    break;
                case ')' when depth == 0:
                    return i;
                case ')' or ']' or '}':
                    depth--;
                    break;
                case '\'' or '"':
                    var quote = text[i];
                    for (i++; i < text.Length && text[i] != quote; i++)
                        i += text[i] == '\\' ? 1 : 0;
                    break;
            }
        }

        return -1;
    }

    [GeneratedRegex(
        @"^\s*(?<kind>\w+)\s*\(\s*(?<type>[^\s().]+)(\.(?<property>[^\s().]+))?(\s*\)|\s+(?<where>where)\s)",
        RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Head();

    [GeneratedRegex(
        @"\G(\s+by\s+(?<key>[^\s()]+)(\s+max\s+(?<most>[0-9]{1,9}))?)?\s+(?<word>over|half-life)\s+(?<window>\S+)\s*$",
        RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Tail();
}
