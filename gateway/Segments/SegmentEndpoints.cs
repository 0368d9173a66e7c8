using PmOrleans.Gateway.Http;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Segments;

internal static class SegmentEndpoints
{
    public static void MapSegments(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1").WithTags("Segments");

        group.MapGet("segments", async (HttpContext context, IDecisionNode node) => (await node.ReadSegmentsAsync(context.RequestAborted)).As(SegmentListBody.From))
            .Produces<SegmentListBody>()
            .Describe("readSegments", "Every segment with its size.", 404, 503);

        group.MapGet("segments/{id}", (HttpContext context, IDecisionNode node) => NodeAnswer.OfAsync(context, node.ReadSegmentAsync, SegmentBody.From))
            .Produces<SegmentBody>()
            .Describe("readSegment", "A segment's size, exact as of the watermark.", 400, 404, 503);
    }
}
