using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Net.Http.Headers;
using PmOrleans.Gateway.Http;
using PmOrleans.Gateway.Json;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Catalog;

internal static class CatalogEndpoints
{
    public static void MapCatalog(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1").WithTags("Catalog");

        group.MapGet("catalog", ReadAsync)
            .Produces<JsonObject>()
            .Produces(StatusCodes.Status304NotModified)
            .Describe("readCatalog", "The live catalog as a bundle, to be edited and sent back; the ETag names its version.", 404, 503);

        group.MapPut("catalog", PublishAsync)
            .Accepts<JsonObject>(ContentTypes.Json)
            .Produces<PublishBody>()
            .Describe("publishCatalog", "Publish a bundle as the next version; If-Match names the version it is based on.",
                400, 408, 412, 413, 415, 422, 428, 503);

        group.MapPost("catalog/validate", ValidateAsync)
            .Accepts<JsonObject>(ContentTypes.Json)
            .Produces<ValidationBody>()
            .Describe("validateCatalog", "Check a bundle: errors, warnings, and what publishing it would change. Nothing is changed.", 400, 408, 413, 415, 503);
    }

    private static async Task<IResult> ReadAsync(HttpContext context, IDecisionNode node)
    {
        var reply = await node.ReadCatalogAsync(context.RequestAborted);
        if (reply.Refusal is { } refusal)
        {
            return new ProblemResult(refusal);
        }

        var catalog = reply.Value!;
        var headers = context.Response.GetTypedHeaders();
        headers.ETag = CatalogVersionTag.Of(catalog.Version);
        headers.LastModified = new DateTimeOffset(IsoTime.ToDateTime(catalog.PublishedAtMicros));
        headers.CacheControl = new CacheControlHeaderValue { NoCache = true };
        return context.Request.GetTypedHeaders().IfNoneMatch.Any(tag => tag.Compare(headers.ETag, useStrongComparison: false) || tag.Equals(EntityTagHeaderValue.Any))
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : new RawJson(catalog.Bundle);
    }

    private static Task<IResult> PublishAsync(HttpContext context, IDecisionNode node, CatalogBundles bundles) =>
        bundles.WithBundleAsync(context, async bundle =>
        {
            var (expected, refused) = await CatalogVersionTag.ExpectedAsync(context, node);
            if (refused is not null)
            {
                return refused;
            }

            var reply = await node.PublishAsync(bundle, expected, context.RequestAborted);
            if (reply.Refusal is { } refusal)
            {
                return refusal.Kind == RefusalKind.PreconditionFailed
                    ? await CatalogVersionTag.WithLiveVersionAsync(context, node, version => new ProblemResult(refusal, json => json.WriteNumber("version"u8, version)))
                    : new ProblemResult(refusal);
            }

            var answer = reply.Value!;
            if (!answer.Published && answer.Problems.Any(problem => problem.IsError))
            {
                return new ProblemResult(Problem.CatalogErrors, "The catalog has errors; the live one was not touched.", extend: json => WriteProblems(json, answer));
            }

            context.Response.GetTypedHeaders().ETag = CatalogVersionTag.Of(answer.Version);
            return TypedResults.Ok(PublishBody.From(answer));
        });

    private static Task<IResult> ValidateAsync(HttpContext context, IDecisionNode node, CatalogBundles bundles) =>
        bundles.WithBundleAsync(context, async bundle => (await node.ValidateAsync(bundle, context.RequestAborted)).As(ValidationBody.From));

    private static void WriteProblems(Utf8JsonWriter json, PublishAnswer answer)
    {
        json.WritePropertyName("problems"u8);
        JsonSerializer.Serialize(json, answer.Problems.OrderByDescending(problem => problem.IsError).Select(CatalogProblemBody.From), Bodies.Options);
    }

    /// <summary>A body that is JSON already.</summary>
    private sealed class RawJson(ReadOnlyMemory<byte> json) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext) => JsonAnswer.SendAsync(httpContext, json.Span, JsonAnswer.ContentType);
    }
}
