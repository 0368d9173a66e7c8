using System.ComponentModel;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Segments;

internal sealed record SegmentListBody(IReadOnlyList<SegmentBody> Segments)
{
    public static SegmentListBody From(IReadOnlyList<SegmentView> views) => new([.. views.Select(SegmentBody.From)]);
}

/// <summary>A segment's size; none while it is being built.</summary>
internal sealed record SegmentBody(
    string Id, string? Name, string Status, long? Size, [property: Description("Sequence of the last log record in these figures.")] long Watermark)
{
    public static SegmentBody From(SegmentView view) => new(view.Id, view.Name, view.Status, view.Size, view.Watermark);
}
