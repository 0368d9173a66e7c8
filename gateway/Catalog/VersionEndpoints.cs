using System.Text.Json;
using System.Text.Json.Nodes;
using PmOrleans.Decisioning.Form;
using PmOrleans.Gateway.Access;
using PmOrleans.Gateway.Http;
using PmOrleans.Gateway.Json;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Catalog;

/// <summary>The history of the catalog, and the way back.</summary>
internal static class VersionEndpoints
{
    private const int MostListed = 100;
    private const int UsuallyListed = 20;
    private static readonly QueryParameter Before = QueryParameter.Whole("before", 1, int.MaxValue, "Version below which to begin: next of the page before.");
    private static readonly QueryParameter Limit = QueryParameter.Whole("limit", 1, MostListed, $"Versions in the answer; {UsuallyListed} when left out.");
    private static readonly QueryParameter Since = QueryParameter.Whole("since", 0, int.MaxValue, "Earlier version, 0 for nothing; the one before when left out.");

    public static void MapVersions(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/catalog").WithTags("Catalog");

        group.MapGet("versions", ListAsync)
            .Produces<VersionListBody>()
            .Takes(Before, Limit)
            .RequireAuthorization(Scopes.Read)
            .Describe("readCatalogVersions", "Published versions, newest first: when, by whom, what changed.", 400, 503);

        group.MapGet("versions/{version:int}", ReadAsync)
            .Produces<JsonObject>()
            .RequireAuthorization(Scopes.Read)
            .Describe("readCatalogVersion", "A version as it was published, as a bundle.", 404, 503);

        group.MapGet("versions/{version:int}/changes", CompareAsync)
            .Produces<ComparisonBody>()
            .Takes(Since)
            .RequireAuthorization(Scopes.Read)
            .Describe("compareCatalogVersions", "What differs from an earlier version.", 400, 404, 503);

        group.MapPost("rollback", RollBackAsync)
            .Accepts<RollBackBody>(ContentTypes.Json)
            .Produces<PublishBody>()
            .Takes(CatalogNote.AuthorParameter, CatalogNote.CommentParameter)
            .RequireAuthorization(Scopes.Publish)
            .Describe("rollBackCatalog", "Publish an earlier version again, as the next one; ids, learning and counters stay.",
                400, 404, 408, 412, 413, 415, 422, 428, 503);
    }

    private static async Task<IResult> ListAsync(HttpContext context, IDecisionNode node) =>
        (await node.ReadVersionsAsync((int)(Before.Number(context) ?? 0), (int)(Limit.Number(context) ?? UsuallyListed), context.RequestAborted)).As(VersionListBody.From);

    private static async Task<IResult> ReadAsync(HttpContext context, int version, IDecisionNode node)
    {
        var reply = await node.ReadVersionAsync(version, context.RequestAborted);
        if (reply.Refusal is { } refusal)
        {
            return new ProblemResult(refusal);
        }

        var headers = context.Response.GetTypedHeaders();
        headers.ETag = CatalogVersionTag.Of(version);
        headers.LastModified = new DateTimeOffset(IsoTime.ToDateTime(reply.Value!.PublishedAtMicros));
        return new RawJson(reply.Value.Bundle);
    }

    private static async Task<IResult> CompareAsync(HttpContext context, int version, IDecisionNode node) =>
        (await node.CompareAsync((int)(Since.Number(context) ?? version - 1), version, context.RequestAborted)).As(ComparisonBody.Of);

    private static Task<IResult> RollBackAsync(HttpContext context, IDecisionNode node, CatalogBundles bodies) =>
        bodies.WithBundleAsync(context, async body =>
        {
            if (Target(body, out var target) is { } mistake)
            {
                return mistake;
            }

            if (CatalogNote.Read(context, out var mistakes) is not { } note)
            {
                return mistakes!;
            }

            var (expected, refused) = await CatalogVersionTag.ExpectedAsync(context, node);
            if (refused is not null)
            {
                return refused;
            }

            var reply = await node.ReadVersionAsync(target, context.RequestAborted);
            return reply.Refusal is { } refusal
                ? new ProblemResult(refusal)
                : await CatalogPublish.RunAsync(context, node, reply.Value!.Bundle, expected, note with { RolledBackTo = target });
        });

    private static ProblemResult? Target(ReadOnlyMemory<byte> body, out int version)
    {
        version = 0;
        using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 64 });
        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            return new ProblemResult(FieldPath.Body, "is not an object; { \"version\": 7 } is expected");
        }

        foreach (var member in document.RootElement.EnumerateObject())
        {
            if (member.Name != "version")
            {
                return new ProblemResult(Labels.Shown(member.Name), "is not a known member; known is version");
            }

            if (version != 0)
            {
                return new ProblemResult("version", "appears more than once");
            }

            if (member.Value.ValueKind == JsonValueKind.Number && member.Value.TryGetDecimal(out var number)
                && number is >= 1 and <= int.MaxValue && number == decimal.Truncate(number))
            {
                version = (int)number;
            }
            else
            {
                return new ProblemResult("version", $"is {Labels.Shown(member.Value.GetRawText())}; the number of a published version, 1 or more, is expected");
            }
        }

        return version == 0 ? new ProblemResult("version", "is required: the version whose files are published again") : null;
    }
}
