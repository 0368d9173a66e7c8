using System.Collections.Frozen;
using System.Collections.Immutable;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Catalog.Sources;
using PmOrleans.Decisioning.Consent;
using PmOrleans.Decisioning.Rules;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>The section <c>catalog</c>: what holds for everything.</summary>
internal sealed record Settings(
    string Currency, TimeZoneInfo Zone, string Locale, IReadOnlyList<string> Locales, TimeSpan CapHold, FrozenSet<string> Conversions,
    SourceScalar? ZoneAttribute, double? Holdout, SourceNode? HoldoutAt)
{
    private static readonly string[] Known = ["currency", "zone", "locale", "locales", "capHold", "conversions", "zoneAttribute", "holdout"];

    private static readonly FrozenSet<string> UsualConversions = FrozenSet.Create(StringComparer.Ordinal, "purchase");

    public static Settings Of(CompileContext context, IReadOnlyList<(string Id, SourceEntry Entry)> entries)
    {
        foreach (var (_, entry) in entries)
        {
            if (!Known.Contains(entry.Key.Text, StringComparer.Ordinal))
                Fields.UnknownKey(context, entry.Key, "catalog", Known);
        }

        var empty = new SourceFile("", "");
        var map = new SourceMap(entries.Count > 0 ? entries[0].Entry.Key.File : empty, entries.Count > 0 ? entries[0].Entry.Key.Offset : 0,
            [.. entries.Select(entry => entry.Entry).Where(entry => Known.Contains(entry.Key.Text, StringComparer.Ordinal))]);
        var fields = Fields.Of(context, map, "catalog", Known)!;
        var locale = fields.Locale("locale") ?? "en";
        return new Settings(
            CurrencyOf(context, fields) ?? "USD", fields.Zone("zone") ?? TimeZoneInfo.Utc, locale, LocalesOf(fields, locale),
            fields.Duration("capHold", TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)) ?? TimeSpan.FromMinutes(15), ConversionsOf(context, fields),
            fields.Scalar("zoneAttribute"), fields.Number("holdout", 0, 1), fields.Node("holdout"));
    }

    /// <summary>Where customers say their zone; <c>null</c> for nowhere.</summary>
    public CustomerZones? CustomerZones(CompileContext context, ImmutableArray<AttributeDefinition> attributes)
    {
        if (ZoneAttribute is null)
            return null;
        var attribute = attributes.FirstOrDefault(candidate => candidate.Name == ZoneAttribute.Text);
        if (attribute is not null && attribute.Type.Equals(CelType.String))
            return new CustomerZones(attribute.Name, attribute.Default?.AsString(), Zone);
        context.Bag.Error(
            attribute is null ? CatalogCodes.UnknownReference : CatalogCodes.WrongType, ZoneAttribute, "catalog/zoneAttribute",
            attribute is null ? $"There is no attribute '{ZoneAttribute.Text}'." : $"The attribute '{attribute.Name}' is of type {attribute.Type}; the name of a zone is a string.",
            attribute is null ? context.DidYouMeanOrList(ZoneAttribute.Text, [.. attributes.Select(candidate => candidate.Name)], "attribute") : null);
        return null;
    }

    private static string? CurrencyOf(CompileContext context, Fields fields)
    {
        if (fields.Scalar("currency") is not { } scalar || Currencies.Codes.Contains(scalar.Text))
            return (fields.Node("currency") as SourceScalar)?.Text;
        context.Bag.Error(
            CatalogCodes.BadCurrency, scalar, "catalog/currency", $"'{(scalar.Text.Length <= 40 ? scalar.Text : scalar.Text[..40] + "…")}' is not an ISO 4217 currency code.",
            Currencies.Usual(scalar.Text) is { } usual ? $"did you mean {usual}?" : "three capital letters such as CNY or EUR");
        return null;
    }

    private static List<string> LocalesOf(Fields fields, string locale)
    {
        List<string> locales = [locale];
        foreach (var (name, at) in fields.Names("locales"))
        {
            if (Compiling.Locales.Canonical(name) is not { } tag)
                fields.ReportLocale(at, "catalog/locales");
            else if (!locales.Contains(tag, StringComparer.Ordinal))
                locales.Add(tag);
        }

        return locales;
    }

    private static FrozenSet<string> ConversionsOf(CompileContext context, Fields fields)
    {
        if (fields.Node("conversions") is null)
            return UsualConversions;
        HashSet<string> types = new(StringComparer.Ordinal);
        foreach (var (name, at) in fields.Names("conversions"))
        {
            if (TouchpointTypes.Problem(name) is { } problem)
                context.Bag.Error(CatalogCodes.BadId, at, "catalog/conversions", problem);
            else
                types.Add(name);
        }

        return types.ToFrozenSet(StringComparer.Ordinal);
    }
}
