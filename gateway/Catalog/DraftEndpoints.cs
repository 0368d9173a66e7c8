using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Net.Http.Headers;
using PmOrleans.Decisioning.Form;
using PmOrleans.Gateway.Access;
using PmOrleans.Gateway.Http;
using PmOrleans.Gateway.Json;
using PmOrleans.Node.Port;
using PmOrleans.Node.Publishing;

namespace PmOrleans.Gateway.Catalog;

/// <summary>Drafts: catalogs that nobody sees yet, under a name.</summary>
internal static class DraftEndpoints
{
    private static readonly QueryParameter BasedOn = QueryParameter.Whole("basedOn", 0, int.MaxValue, "Version the draft is based on; the live one when left out.");

    public static void MapDrafts(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/catalog/drafts").WithTags("Catalog");

        group.MapGet("", async (HttpContext context, IDecisionNode node) => (await node.ReadDraftsAsync(context.RequestAborted)).As(DraftListBody.From))
            .Produces<DraftListBody>()
            .RequireAuthorization(Scopes.Read)
            .Describe("readDrafts", "Every draft, without its files.", 503);

        group.MapGet("{name}", ReadAsync)
            .Produces<JsonObject>()
            .RequireAuthorization(Scopes.Read)
            .Describe("readDraft", "A draft as a bundle, to be edited and sent back; the ETag names its state.", 404, 503);

        group.MapPut("{name}", SaveAsync)
            .Accepts<JsonObject>(ContentTypes.Json)
            .Produces<SavedDraftBody>()
            .Takes(CatalogNote.AuthorParameter, CatalogNote.CommentParameter, BasedOn)
            .RequireAuthorization(Scopes.Draft)
            .Describe("saveDraft",
                "Store a draft, new or changed, errors and all, and say what publishing it would do.",
                400, 408, 412, 413, 415, 503);

        group.MapDelete("{name}", async (HttpContext context, string name, IDecisionNode node) =>
                Wrong(name) ?? (await node.DeleteDraftAsync(name, context.RequestAborted)).As(DraftBody.From))
            .Produces<DraftBody>()
            .RequireAuthorization(Scopes.Draft)
            .Describe("deleteDraft", "Delete a draft.", 400, 404, 503);

        group.MapPost("{name}/validate", ValidateAsync)
            .Produces<ValidationBody>()
            .RequireAuthorization(Scopes.Read)
            .Describe("validateDraft", "Errors and warnings of a draft, and what publishing it would change. Nothing is changed.", 404, 503);

        group.MapPost("{name}/publish", PublishAsync)
            .Produces<PublishBody>()
            .Takes(CatalogNote.AuthorParameter, CatalogNote.CommentParameter)
            .RequireAuthorization(Scopes.Publish)
            .Describe("publishDraft",
                "Publish a draft as the next version; expects the version in If-Match to be live, or else the one the draft is based on. The draft is gone then.",
                400, 404, 412, 422, 503);
    }

    private static async Task<IResult> ReadAsync(HttpContext context, string name, IDecisionNode node)
    {
        var reply = await node.ReadDraftAsync(name, context.RequestAborted);
        if (reply.Refusal is { } refusal)
        {
            return new ProblemResult(refusal);
        }

        context.Response.GetTypedHeaders().ETag = Tag(reply.Value!);
        return new RawJson(reply.Value!.Bundle);
    }

    private static Task<IResult> SaveAsync(HttpContext context, string name, IDecisionNode node, CatalogBundles bundles) =>
        bundles.WithBundleAsync(context, async bundle =>
        {
            if (Wrong(name) is { } wrongName)
            {
                return wrongName;
            }

            if (CatalogNote.Read(context, out var mistakes) is not { } note)
            {
                return mistakes!;
            }

            var expected = Expected(context, out var wrongTag);
            if (wrongTag is not null)
            {
                return wrongTag;
            }

            var saved = await node.SaveDraftAsync(name, bundle, note, (int?)BasedOn.Number(context), expected, context.RequestAborted);
            if (saved.Refusal is { } refusal)
            {
                return refusal.Kind == RefusalKind.PreconditionFailed ? await ChangedAsync(context, name, node, refusal) : new ProblemResult(refusal);
            }

            var validated = await node.ValidateAsync(saved.Value!.Bundle, context.RequestAborted);
            context.Response.GetTypedHeaders().ETag = Tag(saved.Value);
            return validated.As(answer => new SavedDraftBody(DraftBody.From(saved.Value), ValidationBody.From(answer)));
        });

    /// <summary>412: the draft as it is now, and its ETag, so that the change can be applied to it.</summary>
    private static async Task<IResult> ChangedAsync(HttpContext context, string name, IDecisionNode node, Refusal refusal)
    {
        var now = (await node.ReadDraftAsync(name, context.RequestAborted)).Value;
        context.Response.GetTypedHeaders().ETag = now is null ? null : Tag(now);
        return new ProblemResult(Problem.DraftChanged, refusal.Detail, extend: json =>
        {
            if (now is not null)
            {
                json.WritePropertyName("draft"u8);
                JsonSerializer.Serialize(json, DraftBody.From(now), Bodies.Options);
            }
        });
    }

    private static async Task<IResult> ValidateAsync(HttpContext context, string name, IDecisionNode node)
    {
        var draft = await node.ReadDraftAsync(name, context.RequestAborted);
        return draft.Refusal is { } refusal
            ? new ProblemResult(refusal)
            : (await node.ValidateAsync(draft.Value!.Bundle, context.RequestAborted)).As(ValidationBody.From);
    }

    private static async Task<IResult> PublishAsync(HttpContext context, string name, IDecisionNode node)
    {
        var reply = await node.ReadDraftAsync(name, context.RequestAborted);
        if (reply.Refusal is { } refusal)
        {
            return new ProblemResult(refusal);
        }

        var draft = reply.Value!;
        if (CatalogNote.Read(context, out var mistakes, draft.Note) is not { } note)
        {
            return mistakes!;
        }

        int? expected = draft.BasedOn;
        if (context.Request.Headers.IfMatch.Count > 0)
        {
            (expected, var refused) = await CatalogVersionTag.ExpectedAsync(context, node);
            if (refused is not null)
            {
                return refused;
            }
        }

        note = note with { Comment = note.Comment ?? $"draft {name}", Draft = new PublishedDraft(name, draft.Hash) };
        return await CatalogPublish.RunAsync(context, node, draft.Bundle, expected, note);
    }

    /// <summary>The state that If-Match names; <c>null</c> for any.</summary>
    private static string? Expected(HttpContext context, out ProblemResult? mistake)
    {
        mistake = null;
        var header = context.Request.Headers.IfMatch;
        if (header.Count == 0 || header.ToString().Trim() == "*")
        {
            return null;
        }

        if (EntityTagHeaderValue.TryParse(header.ToString(), out var tag) && !tag.IsWeak)
        {
            return tag.Tag.Subsegment(1, tag.Tag.Length - 2).ToString();
        }

        mistake = new ProblemResult("If-Match", $"is {Labels.Shown(header.ToString())}; allowed are one ETag of a draft, with its quotes, or *");
        return null;
    }

    private static EntityTagHeaderValue Tag(DraftView draft) => new($"\"{draft.Hash}\"");

    private static ProblemResult? Wrong(string name) =>
        DraftStore.NameProblem(name) is { } problem ? new ProblemResult("name", $"is '{Labels.Shown(name)}'; it {problem}") : null;
}
