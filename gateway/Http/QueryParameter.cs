using System.Globalization;
using PmOrleans.Decisioning.Form;

namespace PmOrleans.Gateway.Http;

/// <summary>What a call takes behind the question mark of its address: checked by <see cref="QueryCheck"/>, described by the OpenAPI document.</summary>
internal sealed record QueryParameter(string Name, string Description)
{
    /// <summary>A whole number in this range, both ends allowed.</summary>
    public (long Least, long Most)? Range { get; private init; }

    /// <summary>One of these words.</summary>
    public IReadOnlyList<string>? Words { get; private init; }

    /// <summary>Characters that a text may have, as the document tells; the endpoint looks at texts itself.</summary>
    public int? MostCharacters { get; private init; }

    public static QueryParameter Whole(string name, long least, long most, string description) => new(name, description) { Range = (least, most) };

    public static QueryParameter Choice(string name, IReadOnlyList<string> words, string description) => new(name, description) { Words = words };

    public static QueryParameter Text(string name, string description, int? most = null) => new(name, description) { MostCharacters = most };

    /// <summary>What is wrong with a value by its range or words, or <c>null</c>.</summary>
    public string? Wrong(string text) =>
        Range is var (least, most) && !(Parse(text) is { } number && number >= least && number <= most)
            ? string.Create(CultureInfo.InvariantCulture, $"is '{Labels.Shown(text)}'; a whole number from {least} to {most} is expected")
        : Words is { } words && !words.Contains(text, StringComparer.Ordinal)
            ? $"is '{Labels.Shown(text)}'; allowed are {string.Join(" and ", words)}"
            : null;

    /// <summary>The whole number that was given and checked; <c>null</c>: none was.</summary>
    public long? Number(HttpContext context) => context.Request.Query.TryGetValue(Name, out var text) ? Parse(text.ToString()) : null;

    private static long? Parse(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
