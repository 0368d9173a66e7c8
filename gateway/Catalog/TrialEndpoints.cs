using PmOrleans.Decisioning.Form;
using PmOrleans.Gateway.Access;
using PmOrleans.Gateway.Http;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Catalog;

/// <summary>Trying a catalog before it is live: on one customer, on all.</summary>
internal static class TrialEndpoints
{
    private const string Mistakes = "The request has mistakes; nothing was done.";
    private const string CatalogErrors = "The catalog to be tried has errors.";

    public static void MapTrials(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1").WithTags("Catalog");

        group.MapPost("preview", PreviewAsync)
            .Accepts<PreviewRequestBody>(ContentTypes.Json)
            .Produces<PreviewBody>()
            .RequireAuthorization(Scopes.Read)
            .Describe("preview", "What a customer, or somebody described, would see with a draft, every candidate explained. Leaves no trace.",
                400, 404, 408, 413, 415, 422, 503);

        group.MapPost("reach", StartAsync)
            .Accepts<ReachRequestBody>(ContentTypes.Json)
            .Produces<ReachBody>(StatusCodes.Status202Accepted)
            .RequireAuthorization(Scopes.Read)
            .Describe("startReach", "Count whom each offer of a draft could reach, over every customer; read the count under Location.",
                400, 404, 408, 413, 415, 422, 503);

        group.MapGet("reach/{id}", (HttpContext context, IDecisionNode node) => NodeAnswer.OfAsync(context, node.ReadReachAsync, ReachBody.From))
            .Produces<ReachBody>()
            .RequireAuthorization(Scopes.Read)
            .Describe("readReach", "How far a count is, and whom each offer could reach once it is done.", 400, 404, 503);

        group.MapDelete("reach/{id}", (HttpContext context, IDecisionNode node) => NodeAnswer.OfAsync(context, node.CancelReachAsync, ReachBody.From))
            .Produces<ReachBody>()
            .RequireAuthorization(Scopes.Read)
            .Describe("cancelReach", "Stop a count. Repeating it is harmless.", 400, 404, 503);
    }

    private static Task<IResult> PreviewAsync(HttpContext context, IDecisionNode node, CatalogBundles bodies) =>
        bodies.WithBundleAsync(context, async body =>
        {
            var errors = new ErrorList();
            var sources = new List<string>();
            if (TrialParser.ReadPreview(body, sources, errors) is not { } request)
            {
                return new ProblemResult(Problem.Invalid, Mistakes, errors.ToDictionary());
            }

            var reply = await node.PreviewAsync(request, context.RequestAborted);
            if (reply.Refusal is { Errors: { } mistakes } refusal)
            {
                return new ProblemResult(refusal with { Errors = mistakes.ToDictionary(mistake => TrialParser.Source(mistake.Key, sources), mistake => mistake.Value, StringComparer.Ordinal) });
            }

            return reply.Value is { Answer: null } broken ? CatalogPublish.Errors(broken.Problems, CatalogErrors) : reply.As(PreviewBody.From);
        });

    private static Task<IResult> StartAsync(HttpContext context, IDecisionNode node, CatalogBundles bodies) =>
        bodies.WithBundleAsync(context, async body =>
        {
            var errors = new ErrorList();
            if (TrialParser.ReadReach(body, errors) is not var (choice, given))
            {
                return new ProblemResult(Problem.Invalid, Mistakes, errors.ToDictionary());
            }

            var reply = await node.StartReachAsync(choice, given, context.RequestAborted);
            return reply.Refusal is { } refusal ? new ProblemResult(refusal)
                : reply.Value is { Status: "invalid", Problems: var problems } ? CatalogPublish.Errors(problems, CatalogErrors)
                : TypedResults.Accepted($"/v1/reach/{reply.Value!.Id}", ReachBody.From(reply.Value));
        });
}
