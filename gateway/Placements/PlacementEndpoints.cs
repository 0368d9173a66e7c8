using PmOrleans.Gateway.Access;
using PmOrleans.Gateway.Http;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Placements;

internal static class PlacementEndpoints
{
    public static void MapPlacements(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/placements/{id}/policy", (HttpContext context, IDecisionNode node) => NodeAnswer.OfAsync(context, node.ReadPolicyAsync, PolicyBody.From))
            .WithTags("Placements")
            .Produces<PolicyBody>()
            .RequireAuthorization(Scopes.Read)
            .Describe("readPolicy", "What a placement's policy has learned: estimate and interval of each offer, exploration entropy.", 400, 404, 503);
}
