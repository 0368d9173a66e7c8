using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Catalog.Sources;
using PmOrleans.Decisioning.Segments;
using PmOrleans.Decisioning.Segments.Rfm;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>The section <c>rfm</c>: switches the scores on, and the segments made of them.</summary>
internal static class RfmReader
{
    private static readonly string[] Known = ["on", "groups", "cells"];

    /// <returns><c>null</c> where the catalog has no such section; the ids and rules of the segments that come with it.</returns>
    public static RfmDefinition? Read(CompileContext context, Sections sections, out IReadOnlyList<(string Id, string Name, string Rule)> segments)
    {
        segments = [];
        if (!sections.Has("rfm"))
            return null;
        var entries = sections["rfm"].Select(entry => entry.Entry).ToArray();
        var at = entries.Length > 0 ? entries[0].Key : new SourceScalar(new SourceFile("", ""), 0, 0, "rfm", ScalarStyle.Plain);
        var fields = Fields.Of(context, new SourceMap(at.File, at.Offset, entries), "rfm", Known)!;
        var type = fields.Text("on", TouchpointTypes.MaxLength) ?? Facts.TouchpointTypes.Purchase;
        if (TouchpointTypes.Problem(type) is { } problem)
        {
            context.Bag.Error(CatalogCodes.BadId, fields.Node("on")!, "rfm/on", problem);
            return null;
        }

        var (groups, cells) = (fields.Flag("groups", true), fields.Flag("cells", true));
        segments = [.. (groups ? RfmGroups.Groups : []), .. (cells ? RfmGroups.Cells : [])];
        return new RfmDefinition(
            type, Amount("last", SegmentAmountSource.RfmLastAt), Amount("count", SegmentAmountSource.RfmCount), Amount("value", SegmentAmountSource.RfmValue));

        SegmentAmountDefinition Amount(string name, SegmentAmountSource source)
        {
            var text = $"rfm {name} {type}";
            return new SegmentAmountDefinition(text, context.Number(IdKind.SegmentAmount, text, null, at, "rfm"), source, null);
        }
    }
}
