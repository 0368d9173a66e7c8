using System.ComponentModel;
using PmOrleans.Gateway.Json;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Segments;

internal sealed record SegmentListBody(IReadOnlyList<SegmentBody> Segments)
{
    public static SegmentListBody From(IReadOnlyList<SegmentView> views) => new([.. views.Select(SegmentBody.From)]);
}

/// <summary>A segment's size and sums; size = entered - left, always. None of them for one that is evaluated per request.</summary>
internal sealed record SegmentBody(
    string Id,
    string? Name,
    [property: Description("live; building: customers are still brought up to date after a publish; per-request: its rule reads the request, nobody is in it in between.")] string Status,
    [property: Description("While it is building: percent of the customers brought up to date.")] int? Progress,
    long? Size,
    [property: Description("How many ever entered.")] long? Entered,
    [property: Description("How many ever left.")] long? Left,
    [property: Description("Those of the last 60 minutes that saw anybody enter or leave, oldest first; not in a list of segments.")] IReadOnlyList<SegmentMinuteBody>? Minutes,
    [property: Description("What the catalog declares to be added up over the members.")] IReadOnlyList<SegmentSumBody> Sums,
    [property: Description("Sequence of the last log record in these figures.")] long Watermark)
{
    public static SegmentBody From(SegmentView view) => new(
        view.Id, view.Name, view.Status, view.Progress, view.Size, view.Size is null ? null : view.Entered, view.Size is null ? null : view.Left,
        view.Minutes?.Select(minute => new SegmentMinuteBody(IsoTime.ToDateTime(minute.AtMicros), minute.Entered, minute.Left)).ToArray(),
        [.. view.Sums.Select(sum => new SegmentSumBody(sum.Of, sum.Value))], view.Watermark);
}

/// <param name="At">Where the minute begins, UTC.</param>
internal sealed record SegmentMinuteBody(DateTime At, long Entered, long Left);

internal sealed record SegmentSumBody([property: Description("The expression, as the catalog has it.")] string Of, decimal Value);

/// <summary>How many customers are in both of two segments.</summary>
internal sealed record SegmentOverlapBody(string Id, string With, long Size, long WithSize, long Both, long Watermark)
{
    public static SegmentOverlapBody From(SegmentOverlapView view) => new(view.Id, view.With, view.Size, view.WithSize, view.Both, view.Watermark);
}
