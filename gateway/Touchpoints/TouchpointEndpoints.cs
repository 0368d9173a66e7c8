using PmOrleans.Gateway.Access;
using PmOrleans.Gateway.Http;

namespace PmOrleans.Gateway.Touchpoints;

internal static class TouchpointEndpoints
{
    public static void MapTouchpoints(this IEndpointRouteBuilder routes, TouchpointHandler handler) =>
        routes.MapPost("/v1/touchpoints", (Delegate)handler.HandleAsync)
            .WithTags("Touchpoints")
            .Accepts<TouchpointBody>(ContentTypes.Json, ContentTypes.Lines)
            .Produces<IngestBody>(StatusCodes.Status202Accepted)
            .Takes(TouchpointHandler.Commit)
            .RequireAuthorization(Scopes.Decide)
            .Describe("ingest", "Apply touchpoints: one object, an array, or one in each line. Durable and visible to the next decision when answered, unless they are queued.",
                400, 408, 413, 415, 503);
}
