using PmOrleans.Gateway.Access;
using PmOrleans.Gateway.Http;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Decisions;

internal static class DecisionEndpoints
{
    public static void MapDecisions(this IEndpointRouteBuilder routes, DecisionHandler handler)
    {
        var group = routes.MapGroup("/v1").WithTags("Decisions");

        // As a Delegate, because an endpoint made of a RequestDelegate is not in the OpenAPI document.
        group.MapPost("decisions", (Delegate)handler.HandleAsync)
            .Accepts<DecisionRequestBody>(ContentTypes.Json)
            .Produces<DecisionBody>()
            .RequireAuthorization(Scopes.Decide)
            .Describe("decide", "Decide what to show a customer at some placements; repeats of a decisionId get the same answer.",
                400, 404, 408, 409, 410, 413, 415, 503, 504);

        group.MapGet("decisions/{id}", (HttpContext context, IDecisionNode node) => NodeAnswer.OfAsync(context, node.ReadDecisionAsync, LoggedDecisionBody.From))
            .Produces<LoggedDecisionBody>()
            .RequireAuthorization(Scopes.Customers)
            .Describe("readDecision", "A logged decision with its explanation and what became of it.", 400, 404, 503);
    }
}
