using System.Collections.Immutable;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Catalog.Sources;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>Reads <c>creatives</c>, or <c>content</c> for the one creative of an offer, which then has the offer's id and any locale.</summary>
internal sealed class CreativeReader(CompileContext context)
{
    private static readonly string[] Known = ["locale", "content"];

    private readonly ContentWriter _content = new(context);
    private readonly Dictionary<string, (string Offer, SourceNode At)> _places = new(StringComparer.Ordinal);

    /// <param name="repeats">Whether the same creatives may come again: one fallback at several placements.</param>
    public ImmutableArray<Creative> Read(Fields fields, string offer, bool repeats)
    {
        var creatives = fields.Node("creatives");
        var content = fields.Node("content");
        if (creatives is not null && content is not null)
        {
            context.Bag.Error(
                CatalogCodes.BadContent, content, fields.PathOf("content"), "'content' and 'creatives' exclude each other.",
                "put the content into a creative");
        }

        if (creatives is null && content is not null)
            return Creative(offer, null, content, content, fields.PathOf("content"), offer, repeats) is { } only ? [only] : [];
        if (creatives is not SourceMap map)
        {
            context.Bag.Error(
                creatives is null ? CatalogCodes.Missing : CatalogCodes.WrongType, creatives ?? fields.Source, creatives is null ? fields.Path : fields.PathOf("creatives"),
                creatives is null ? "'creatives' is missing." : $"Here stands {creatives.Kind}; a mapping is expected.", "write content: { title: … }, or creatives with an id each");
            return [];
        }

        if (map.Entries.Count == 0)
            context.Bag.Error(CatalogCodes.Missing, map, fields.PathOf("creatives"), "At least one creative is needed.");
        var read = ImmutableArray.CreateBuilder<Creative>(map.Entries.Count);
        foreach (var entry in map.Entries)
        {
            if (Entry(entry, fields.PathOf("creatives"), offer, repeats) is { } creative)
                read.Add(creative);
        }

        return read.DrainToImmutable();
    }

    private Creative? Entry(SourceEntry entry, string parent, string offer, bool repeats)
    {
        var id = entry.Key.Text.Trim();
        var path = $"{parent}/{id}";
        if (Ids.Problem(id) is { } problem)
            context.Bag.Error(CatalogCodes.BadId, entry.Key, parent, problem);
        else if (Fields.Of(context, entry.Value, path, Known) is { } fields && fields.Require("content", "e.g. content: { title: … }"))
            return Creative(id, fields.Locale("locale"), fields.Node("content")!, entry.Key, path, offer, repeats);
        return null;
    }

    private Creative? Creative(string id, string? locale, SourceNode content, SourceNode at, string path, string offer, bool repeats)
    {
        if (!_places.TryAdd(id, (offer, at)) && !(repeats && _places[id].Offer == offer))
        {
            var (other, first) = _places[id];
            var (line, column) = first.File.Locate(first.Offset);
            context.Bag.Error(
                CatalogCodes.DuplicateId, at, path, $"Two creatives have the id '{id}'; reports could not tell them apart.",
                $"the other one is of offer '{other}': {first.File.Path}:{line}:{column}");
            return null;
        }

        var number = context.Number(IdKind.Creative, id, offer, at, path);
        return _content.Write(content, path) is { } json ? new Creative(id, number, locale, json) : null;
    }
}
