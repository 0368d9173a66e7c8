using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Segments;
using PmOrleans.Node.Port;
using PmOrleans.Node.Projections;

namespace PmOrleans.Node.Segments;

/// <summary>Segments as people and programs read them.</summary>
internal static class SegmentViews
{
    /// <param name="progress">Percent of the customers brought up to date; <c>null</c> when all are.</param>
    public static IReadOnlyList<SegmentView> All(CatalogSnapshot catalog, IAccounts accounts, int? progress) =>
        accounts.ReadSegments(fold => catalog.Segments.Select(segment => Of(segment, catalog, fold, progress)).ToArray());

    /// <summary>The same with its minutes.</summary>
    public static SegmentView One(Segment segment, CatalogSnapshot catalog, IAccounts accounts, int? progress, long nowMicros) =>
        accounts.ReadSegments(fold => Of(segment, catalog, fold, progress) with { Minutes = fold.MinutesOf(segment.Number, nowMicros) });

    public static Reply<SegmentOverlapView> Overlap(string segmentId, string withId, CatalogSnapshot catalog, IAccounts accounts)
    {
        if (!catalog.SegmentPlan.TryFind(segmentId, out var segment))
        {
            return NoSegment(segmentId);
        }

        if (!catalog.SegmentPlan.TryFind(withId, out var other))
        {
            return new Refusal(
                RefusalKind.Invalid, $"there is no segment '{withId}'", new Dictionary<string, string[]>(StringComparer.Ordinal) { ["with"] = [$"is '{withId}', and there is no such segment"] });
        }

        if (catalog.SegmentPlan.IsPerRequest(segment) || catalog.SegmentPlan.IsPerRequest(other))
        {
            var id = catalog.SegmentPlan.IsPerRequest(segment) ? segmentId : withId;
            return new Refusal(
                RefusalKind.Invalid, $"the rule of segment '{id}' reads the request, so nobody is in it between requests",
                new Dictionary<string, string[]>(StringComparer.Ordinal) { ["with"] = [$"one of the two, '{id}', has no members of its own"] });
        }

        return accounts.ReadSegments(fold => new SegmentOverlapView(
            segmentId, withId, fold.SizeOf(segment.Number), fold.SizeOf(other.Number), fold.OverlapOf(segment.Number, other.Number), fold.Watermark));
    }

    public static Refusal NoSegment(string segmentId) => new(RefusalKind.NotFound, $"there is no segment '{segmentId}'");

    private static SegmentView Of(Segment segment, CatalogSnapshot catalog, SegmentFold fold, int? progress)
    {
        if (catalog.SegmentPlan.IsPerRequest(segment))
        {
            return new SegmentView(segment.Id, segment.Name, "per-request", null, fold.Watermark);
        }

        return new SegmentView(segment.Id, segment.Name, progress is null ? "live" : "building", fold.SizeOf(segment.Number), fold.Watermark)
        {
            Progress = progress,
            Entered = fold.EnteredOf(segment.Number),
            Left = fold.LeftOf(segment.Number),
            Sums = [.. segment.Sums.Select(sum => new SegmentSumView(sum.Text, (decimal)fold.SumOf(segment.Number, sum.Number) / 1_000_000m))],
        };
    }
}
