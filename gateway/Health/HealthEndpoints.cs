using PmOrleans.Gateway.Hosting;
using PmOrleans.Gateway.Http;
using PmOrleans.Gateway.Json;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Health;

/// <summary>Alive and ready: the first is for restarting a process, the second for sending it traffic.</summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        // Load balancers and watchdogs like to ask without a body.
        routes.MapMethods("/healthz", [HttpMethods.Head], () => Results.Ok()).AllowAnonymous().ExcludeFromDescription();
        routes.MapMethods("/readyz", [HttpMethods.Head], Ready).AllowAnonymous().ExcludeFromDescription();

        routes.MapGet("/healthz", () => TypedResults.Ok(new HealthBody("alive", null)))
            .WithTags("Operation")
            .Produces<HealthBody>()
            .AllowAnonymous()
            .Describe("health", "The process is alive.");

        routes.MapGet("/readyz", Ready)
            .WithTags("Operation")
            .Produces<HealthBody>()
            .Produces<HealthBody>(StatusCodes.Status503ServiceUnavailable)
            .AllowAnonymous()
            .Describe("ready", "Whether this process takes traffic; 503 with the reasons when it does not.");

        routes.MapGet("/problems/{code}", (string code) => Problem.All.FirstOrDefault(problem => problem.Code == code) is { } problem
                ? Results.Text($"{problem.Title} ({problem.Status})\n\n{problem.Advice}\n")
                : Results.NotFound())
            .WithTags("Operation")
            .Produces<string>(StatusCodes.Status200OK, "text/plain")
            .AllowAnonymous()
            .Describe("readProblem", "What a problem's type means and what to do about it.", 404);
    }

    private static IResult Ready(IDecisionNode node, Drain drain, HttpContext context)
    {
        IReadOnlyList<string> reasons = drain.HasBegun ? ["stopping"] : node.NotReadyReasons;
        if (reasons.Count == 0 && context.RequestServices.GetService<WarmUp>() is { IsOver: false })
        {
            reasons = ["warming up"];
        }

        if (reasons.Count == 0)
        {
            return TypedResults.Ok(new HealthBody("ready", null));
        }

        ProblemAnswer.RetryAfter(context, TimeSpan.Zero);
        return TypedResults.Json(new HealthBody("not ready", reasons), Bodies.Options, statusCode: StatusCodes.Status503ServiceUnavailable);
    }
}
