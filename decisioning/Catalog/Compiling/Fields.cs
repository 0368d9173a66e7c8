using System.Globalization;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Catalog.Shapes;
using PmOrleans.Decisioning.Catalog.Sources;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>A mapping read field by field: each reader gives the value, or reports and gives <c>null</c>. Written as nothing means not written.</summary>
internal sealed class Fields
{
    /// <summary>Words of other places, and usual ones, for the same thing.</summary>
    private static readonly string[][] Synonyms =
    [
        ["rule", "eligibility", "audience", "condition", "when", "if"], ["start", "from", "begin"], ["end", "until", "to"],
        ["limit", "max", "count"], ["within", "window", "period"], ["weight", "share", "percent"],
    ];

    private readonly CompileContext _context;
    private readonly SourceMap _map;

    private Fields(CompileContext context, SourceMap map, string path) => (_context, _map, Path) = (context, map, path);

    public string Path { get; }

    public SourceNode Source => _map;

    private DiagnosticBag Bag => _context.Bag;

    /// <param name="known">Keys it may have; others are errors.</param>
    public static Fields? Of(CompileContext context, SourceNode node, string path, string[] known)
    {
        context.Shape?.Mapping(path, known);
        if (node is not SourceMap map)
        {
            context.Bag.Error(
                CatalogCodes.WrongType, node, path, $"Here stands {node.Kind}; a mapping is expected.",
                $"its keys are {string.Join(", ", known)}");
            return null;
        }

        foreach (var entry in map.Entries)
        {
            if (!known.Contains(entry.Key.Text, StringComparer.Ordinal))
                UnknownKey(context, entry.Key, path, known);
            else if (entry.Value is SourceScalar { IsNothing: true, Text.Length: 0 })
                context.Bag.Warning(CatalogCodes.EmptyValue, entry.Key, path, $"'{entry.Key.Text}' has no value and counts as not written.", "write a value, or indent what belongs to it");
        }

        return new Fields(context, map, path);
    }

    public static void UnknownKey(CompileContext context, SourceScalar key, string path, IReadOnlyCollection<string> known) =>
        context.Bag.Error(
            CatalogCodes.UnknownKey, key, path, $"'{key.Text}' means nothing here.",
            key.Text == "<<" ? "merge keys are not supported; write the values out"
            : key.Text.Length > 0 && key.Text.All(char.IsAsciiDigit) ? "no commas in numbers: 300000, not 300,000; decimals stand after a point: 0.5"
            : ColonHint(key.Text, known) ?? SynonymHint(key.Text, known) ?? context.DidYouMean(key.Text, known) ?? $"known are {string.Join(", ", known)}{IndentHint(path, known)}");

    private static string? SynonymHint(string key, IReadOnlyCollection<string> known) =>
        Synonyms.FirstOrDefault(words => words.Contains(key, StringComparer.Ordinal))?.FirstOrDefault(word => known.Contains(word, StringComparer.Ordinal)) is { } meant
            ? $"did you mean '{meant}'?"
            : null;

    /// <summary>A key that has swallowed its value, because what stands between them only looks like a colon and a space.</summary>
    private static string? ColonHint(string key, IReadOnlyCollection<string> known)
    {
        var end = key.AsSpan().IndexOfAny(':', '：');
        return end < 0 || !known.Contains(key[..end], StringComparer.Ordinal) ? null
            : key[end] == '：' ? $"after '{key[..end]}' stands a full-width '：'; write ':' and a space"
            : end + 1 < key.Length && char.IsWhiteSpace(key[end + 1]) ? $"the blank after '{key[..end]}:' is no space; delete it and press the space bar"
            : $"after the colon of '{key[..end]}' comes a space";
    }

    /// <summary>What stands too far left is read as something of the level above: <c>offers</c> beside the campaigns.</summary>
    private static string IndentHint(string path, IReadOnlyCollection<string> known)
    {
        var above = path[(path.LastIndexOf('/') + 1)..];
        return known.Contains(above, StringComparer.Ordinal) ? $"; or '{above}' belongs further right, below what it is of" : "";
    }

    public string PathOf(string key) => Path.Length == 0 ? key : $"{Path}/{key}";

    public SourceNode? Node(string key) => _map.Find(key)?.Value is { } node && node is not SourceScalar { IsNothing: true } ? node : null;

    public SourceScalar? Scalar(string key)
    {
        switch (Node(key))
        {
            case null:
                return null;
            case SourceScalar scalar:
                return scalar;
            case var other:
                Bag.Error(CatalogCodes.WrongType, other, PathOf(key), $"Here stands {other.Kind}; a single value is expected.");
                return null;
        }
    }

    public Fields? Map(string key, string[] known) => Node(key) is { } node ? Of(_context, node, PathOf(key), known) : null;

    public IReadOnlyList<SourceNode> List(string key)
    {
        switch (Node(key))
        {
            case null:
                return [];
            case SourceList list:
                return list.Items;
            case var other:
                Bag.Error(
                    CatalogCodes.WrongType, other, PathOf(key), $"Here stands {other.Kind}; a list is expected.",
                    other is SourceScalar { Text: var text } ? $"write [{text.Trim('【', '】', '［', '］')}]" : "begin each item with a dash");
                return [];
        }
    }

    /// <summary>A list of ids, each once, trimmed.</summary>
    public IReadOnlyList<(string Id, SourceScalar At)> Names(string key)
    {
        Asked(key, ShapeKind.Names);
        List<(string Id, SourceScalar At)> names = [];
        foreach (var item in List(key))
        {
            if (item is not SourceScalar { IsNothing: false } scalar)
                Bag.Error(CatalogCodes.WrongType, item, PathOf(key), $"Here stands {item.Kind}; a name is expected.");
            else if (names.Exists(name => name.Id == scalar.Text.Trim()))
                Bag.Error(CatalogCodes.DuplicateId, scalar, PathOf(key), $"'{scalar.Text.Trim()}' is in the list twice.");
            else if (Ids.Problem(scalar.Text.Trim()) is { } problem)
                Bag.Error(CatalogCodes.BadId, scalar, PathOf(key), problem);
            else
                names.Add((scalar.Text.Trim(), scalar));
        }

        return names;
    }

    /// <summary>Any single value, as the text that was written.</summary>
    public string? Text(string key, int maxLength = 1_000)
    {
        Asked(key, ShapeKind.Text);
        var scalar = Scalar(key);
        if (scalar is null || scalar.Text.Length <= maxLength)
            return scalar?.Text;
        Bag.Error(CatalogCodes.TooLarge, scalar, PathOf(key), $"At most {maxLength} characters; here are {scalar.Text.Length}.");
        return null;
    }

    /// <summary>A text that stands for a thing: trimmed, checked as ids are.</summary>
    public string? Id(string key)
    {
        Asked(key, ShapeKind.Text);
        var scalar = Scalar(key);
        if (scalar is null)
            return null;
        var id = scalar.Text.Trim();
        if (Ids.Problem(id) is not { } problem)
            return id;
        Bag.Error(CatalogCodes.BadId, scalar, PathOf(key), problem);
        return null;
    }

    public bool Flag(string key, bool fallback)
    {
        Asked(key, ShapeKind.Flag);
        var scalar = Scalar(key);
        if (scalar is null || scalar is { Style: ScalarStyle.Plain, Text: "true" or "false" })
            return scalar is null ? fallback : scalar.Text == "true";
        Bag.Error(
            CatalogCodes.WrongType, scalar, PathOf(key), $"Here stands '{Shortened(scalar.Text)}'; it must be true or false.",
            "without quotes, in small letters");
        return fallback;
    }

    /// <summary>An amount of money in micros.</summary>
    public long? Micros(string key)
    {
        Asked(key, ShapeKind.Amount, 0, 1e12);
        if (Scalar(key) is not { } scalar || !IsBare(scalar, key, "an amount"))
            return null;
        var micros = Amounts.Parse(scalar.Text, out var problem);
        if (problem is not null)
        {
            Bag.Error(
                CatalogCodes.BadAmount, scalar, PathOf(key), problem,
                scalar.Text.Contains(',') || scalar.Text.Contains('_') ? "decimals after a point and no thousands separators: 1000000.50"
                    : PlainDigits(scalar.Text) ?? (scalar.Text.Any(char.IsAsciiDigit) ? "write the number alone and in full; the currency stands in the section catalog" : null));
        }

        return micros;
    }

    public double? Number(string key, double lowest, double highest)
    {
        Asked(key, ShapeKind.Number, lowest, highest);
        if (Scalar(key) is not { } scalar || !IsBare(scalar, key, "a number"))
            return null;
        if (double.TryParse(scalar.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= lowest && number <= highest)
            return number;
        Bag.Error(
            CatalogCodes.BadNumber, scalar, PathOf(key),
            $"'{Shortened(scalar.Text)}' is not a number{(double.IsFinite(lowest) && double.IsFinite(highest) ? $" from {lowest} to {highest}" : "")}.",
            NumberHint(scalar.Text, highest));
        return null;
    }

    private static string? NumberHint(string text, double highest)
    {
        var percent = text.EndsWith('%');
        if (!double.TryParse(percent ? text.AsSpan()[..^1] : text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            return text.Contains(',') ? "decimals after a point: 0.5" : PlainDigits(text);
        if (highest == 1)
            return number is > 1 and <= 100 || percent ? string.Create(CultureInfo.InvariantCulture, $"a share is a part of 1: {number} % is {(decimal)number / 100}") : null;
        return percent ? "leave the % out" : null;
    }

    public int? Whole(string key, int lowest, int highest, string code = CatalogCodes.BadNumber)
    {
        Asked(key, ShapeKind.Whole, lowest, highest);
        if (Scalar(key) is not { } scalar || !IsBare(scalar, key, "a whole number"))
            return null;
        if (int.TryParse(scalar.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= lowest && number <= highest)
            return number;
        Bag.Error(code, scalar, PathOf(key), $"'{Shortened(scalar.Text)}' is not a whole number from {lowest} to {highest}.", PlainDigits(scalar.Text));
        return null;
    }

    private static string? PlainDigits(string text) =>
        text.Any(c => c is (>= '０' and <= '９') or '－' or '−' or '．' or '％') ? "write digits and signs in plain characters: -1, 0.5" : null;

    public TimeSpan? Duration(string key, TimeSpan shortest, TimeSpan longest)
    {
        Asked(key, ShapeKind.Duration);
        if (Scalar(key) is not { } scalar)
            return null;
        if (!Durations.TryParse(scalar.Text.Trim(), out var duration))
        {
            Bag.Error(
                CatalogCodes.BadDuration, scalar, PathOf(key), $"'{Shortened(scalar.Text)}' is not a span of time.",
                "write 30s, 15m, 2h or 7d");
        }
        else if (duration < shortest || duration > longest)
        {
            Bag.Error(
                CatalogCodes.BadDuration, scalar, PathOf(key), $"'{scalar.Text.Trim()}' is not from {Durations.Text(shortest)} to {Durations.Text(longest)}.");
        }
        else
            return duration;
        return null;
    }

    public T Choice<T>(string key, T fallback, params (string Name, T Value)[] choices)
    {
        _context.Shape?.Value(PathOf(key), ShapeValue.OneOf(choices.Select(choice => choice.Name)));
        if (Scalar(key) is not { } scalar)
            return fallback;
        foreach (var (name, value) in choices)
        {
            if (name == scalar.Text)
                return value;
        }

        var names = choices.Select(choice => choice.Name).ToArray();
        Bag.Error(
            CatalogCodes.UnknownValue, scalar, PathOf(key), $"'{Shortened(scalar.Text)}' is none of {string.Join(", ", names)}.", _context.DidYouMean(scalar.Text, names));
        return fallback;
    }

    public TimeZoneInfo? Zone(string key)
    {
        Asked(key, ShapeKind.Zone);
        if (Scalar(key) is not { } scalar)
            return null;
        if (_context.Zones.Find(scalar.Text) is { } zone)
            return zone;
        Bag.Error(
            CatalogCodes.BadZone, scalar, PathOf(key), $"There is no time zone '{Shortened(scalar.Text)}'.",
            (Zones.Usual(scalar.Text) is { } usual ? $"did you mean '{usual}'?" : _context.DidYouMean(scalar.Text, Zones.Known)) ?? "write a name of the IANA list such as Asia/Shanghai");
        return null;
    }

    public string? Locale(string key)
    {
        Asked(key, ShapeKind.Locale);
        if (Scalar(key) is not { } scalar)
            return null;
        if (Locales.Canonical(scalar.Text) is { } tag)
            return tag;
        ReportLocale(scalar, PathOf(key));
        return null;
    }

    public void ReportLocale(SourceScalar scalar, string path) =>
        Bag.Error(
            CatalogCodes.BadLocale, scalar, path, $"'{Shortened(scalar.Text)}' is not a language tag.",
            Locales.Canonical(scalar.Text.Replace('_', '-')) is { } dashed ? $"did you mean '{dashed}'?" : "write zh-CN or en");

    /// <summary>Unix microseconds.</summary>
    public long? Time(string key, TimeZoneInfo zone)
    {
        Asked(key, ShapeKind.Time);
        if (Scalar(key) is not { } scalar)
            return null;
        var micros = Times.Parse(scalar.Text.Trim(), zone, out var problem, out var hint);
        if (problem is not null)
            Bag.Error(CatalogCodes.BadTime, scalar, PathOf(key), problem, hint);
        return micros;
    }

    /// <summary>Reports the field as missing unless it is there, in whatever shape.</summary>
    public bool Require(string key, string? hint = null)
    {
        _context.Shape?.Required(Path, key);
        if (Node(key) is not null)
            return true;
        Bag.Error(CatalogCodes.Missing, _map, Path, $"'{key}' is missing.", hint);
        return false;
    }

    private void Asked(string key, ShapeKind kind, double lowest = double.NegativeInfinity, double highest = double.PositiveInfinity) =>
        _context.Shape?.Value(PathOf(key), ShapeValue.Of(kind, lowest, highest));

    private bool IsBare(SourceScalar scalar, string key, string what)
    {
        if (scalar.Style == ScalarStyle.Plain)
            return true;
        Bag.Error(CatalogCodes.WrongType, scalar, PathOf(key), $"Here stands a text; {what} is expected.", scalar.Text.Contains(',') ? "write it without quotes and without commas" : "write it without quotes");
        return false;
    }

    private static string Shortened(string text) => text.Length <= 40 ? text : text[..40] + "…";
}
