using PmOrleans.Decisioning.Form;
using PmOrleans.Gateway.Access;
using PmOrleans.Gateway.Http;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Segments;

internal static class SegmentEndpoints
{
    private static readonly QueryParameter With = QueryParameter.Text("with", "Id of the other segment.");

    public static void MapSegments(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1").WithTags("Segments");

        group.MapGet("segments", async (HttpContext context, IDecisionNode node) => (await node.ReadSegmentsAsync(context.RequestAborted)).As(SegmentListBody.From))
            .Produces<SegmentListBody>()
            .RequireAuthorization(Scopes.Read)
            .Describe("readSegments", "Every segment with its size and sums.", 404, 503);

        group.MapGet("segments/{id}", (HttpContext context, IDecisionNode node) => NodeAnswer.OfAsync(context, node.ReadSegmentAsync, SegmentBody.From))
            .Produces<SegmentBody>()
            .RequireAuthorization(Scopes.Read)
            .Describe("readSegment", "A segment's size, sums and flow by the minute, exact as of the watermark.", 400, 404, 503);

        group.MapGet("segments/{id}/overlap", OverlapAsync)
            .Produces<SegmentOverlapBody>()
            .Takes(With)
            .RequireAuthorization(Scopes.Read)
            .Describe("readSegmentOverlap", "How many customers are in this segment and in another, exact as of the watermark.", 400, 404, 503);
    }

    private static Task<IResult> OverlapAsync(HttpContext context, IDecisionNode node)
    {
        var with = context.Request.Query[With.Name].ToString().Trim();
        return (with.Length == 0 ? "is required: the id of another segment" : Labels.WrongId(with)) is { } wrong
            ? Task.FromResult<IResult>(new ProblemResult(With.Name, wrong))
            : NodeAnswer.OfAsync(context, (id, cancellation) => node.ReadSegmentOverlapAsync(id, with, cancellation), SegmentOverlapBody.From);
    }
}
