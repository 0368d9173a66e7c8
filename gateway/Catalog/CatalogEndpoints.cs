using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Net.Http.Headers;
using PmOrleans.Gateway.Access;
using PmOrleans.Gateway.Http;
using PmOrleans.Gateway.Json;
using PmOrleans.Node.Catalog.Schema;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Catalog;

internal static class CatalogEndpoints
{
    private const string SchemaType = "application/schema+json";

    public static void MapCatalog(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1").WithTags("Catalog");

        group.MapGet("catalog", ReadAsync)
            .Produces<JsonObject>()
            .Produces(StatusCodes.Status304NotModified)
            .RequireAuthorization(Scopes.Read)
            .Describe("readCatalog", "The live catalog as a bundle, to be edited and sent back; the ETag names its version.", 404, 503);

        group.MapGet("catalog/schema.json", () => new RawJson(Encoding.UTF8.GetBytes(CatalogSchema.Text), SchemaType))
            .Produces<JsonObject>(contentType: SchemaType)
            .RequireAuthorization(Scopes.Read)
            .Describe("readCatalogSchema", "The JSON schema of catalog files, for editors.", 503);

        group.MapPut("catalog", PublishAsync)
            .Accepts<JsonObject>(ContentTypes.Json)
            .Produces<PublishBody>()
            .Takes(CatalogNote.AuthorParameter, CatalogNote.CommentParameter)
            .RequireAuthorization(Scopes.Publish)
            .Describe("publishCatalog", "Publish a bundle as the next version.",
                400, 408, 412, 413, 415, 422, 428, 503);

        group.MapPost("catalog/validate", ValidateAsync)
            .Accepts<JsonObject>(ContentTypes.Json)
            .Produces<ValidationBody>()
            .RequireAuthorization(Scopes.Read)
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
        context.Response.Headers["Catalog-State"] = catalog.BuiltPercent >= 100
            ? "ready"
            : string.Create(CultureInfo.InvariantCulture, $"building, {Math.Floor(catalog.BuiltPercent)} %");
        return context.Request.GetTypedHeaders().IfNoneMatch.Any(tag => tag.Compare(headers.ETag, useStrongComparison: false) || tag.Equals(EntityTagHeaderValue.Any))
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : new RawJson(catalog.Bundle);
    }

    private static Task<IResult> PublishAsync(HttpContext context, IDecisionNode node, CatalogBundles bundles) =>
        bundles.WithBundleAsync(context, async bundle =>
        {
            if (CatalogNote.Read(context, out var mistakes) is not { } note)
            {
                return mistakes!;
            }

            var (expected, refused) = await CatalogVersionTag.ExpectedAsync(context, node);
            return refused ?? await CatalogPublish.RunAsync(context, node, bundle, expected, note);
        });

    private static Task<IResult> ValidateAsync(HttpContext context, IDecisionNode node, CatalogBundles bundles) =>
        bundles.WithBundleAsync(context, async bundle => (await node.ValidateAsync(bundle, context.RequestAborted)).As(ValidationBody.From));

}
