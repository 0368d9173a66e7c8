using PmOrleans.Gateway.Access;
using PmOrleans.Gateway.Http;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Experiments;

internal static class ExperimentEndpoints
{
    public static void MapExperiments(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1").WithTags("Experiments");

        group.MapGet("experiments", async (HttpContext context, IDecisionNode node) => (await node.ReadExperimentsAsync(context.RequestAborted)).As(ExperimentListBody.From))
            .Produces<ExperimentListBody>()
            .RequireAuthorization(Scopes.Read)
            .Describe("readExperiments", "Every experiment with what its variants brought; the global holdout is among them.", 404, 503);

        group.MapGet("experiments/{id}", (HttpContext context, IDecisionNode node) => NodeAnswer.OfAsync(context, node.ReadExperimentAsync, ExperimentBody.From))
            .Produces<ExperimentBody>()
            .RequireAuthorization(Scopes.Read)
            .Describe("readExperiment", "An experiment with what its variants brought, exact as of the watermark.", 400, 404, 503);
    }
}
