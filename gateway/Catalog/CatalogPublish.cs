using System.Text.Json;
using PmOrleans.Gateway.Http;
using PmOrleans.Gateway.Json;
using PmOrleans.Node.Port;
using PmOrleans.Node.Time;

namespace PmOrleans.Gateway.Catalog;

/// <summary>Publishes and answers for it: what was published, the errors (422), or what somebody else changed meanwhile (412).</summary>
internal static class CatalogPublish
{
    public static async Task<IResult> RunAsync(HttpContext context, IDecisionNode node, ReadOnlyMemory<byte> bundle, int? expected, PublishNote note)
    {
        var reply = await node.PublishAsync(bundle, expected, note, context.RequestAborted);
        if (reply.Refusal is { } refusal)
        {
            return refusal.Kind == RefusalKind.PreconditionFailed ? await MovedOnAsync(context, node, expected ?? 0, refusal) : new ProblemResult(refusal);
        }

        var answer = reply.Value!;
        if (!answer.Published && answer.Problems.Any(problem => problem.IsError))
        {
            return Errors(answer.Problems, "The catalog has errors; the live one was not touched.");
        }

        context.Response.GetTypedHeaders().ETag = CatalogVersionTag.Of(answer.Version);
        return TypedResults.Ok(PublishBody.From(answer));
    }

    /// <summary>422 with every problem.</summary>
    public static ProblemResult Errors(IReadOnlyList<CatalogProblem> problems, string detail) => new(Problem.CatalogErrors, detail, extend: json =>
    {
        json.WritePropertyName("problems"u8);
        JsonSerializer.Serialize(json, problems.OrderByDescending(problem => problem.IsError).Select(CatalogProblemBody.From), Bodies.Options);
    });

    /// <summary>412: what has been published since the version the caller had seen, and by whom.</summary>
    private static async Task<IResult> MovedOnAsync(HttpContext context, IDecisionNode node, int seen, Refusal refusal)
    {
        var live = (await node.ReadCatalogAsync(context.RequestAborted)).Value?.Version ?? 0;
        if (live > 0)
        {
            context.Response.GetTypedHeaders().ETag = CatalogVersionTag.Of(live);
        }

        var changes = live > seen ? (await node.CompareAsync(seen, live, context.RequestAborted)).Value : null;
        var since = live > seen ? (await node.ReadVersionsAsync(0, Math.Min(live - seen, 100), context.RequestAborted)).Value : null;
        var by = since?.Versions.FirstOrDefault(version => version.Version == live) is { } latest
            ? $", published by {latest.Note.Who} at {Micros.ToText(latest.PublishedAtMicros)}" : "";
        return new ProblemResult(Problem.PreconditionFailed, refusal.Detail + by, extend: json =>
        {
            json.WriteNumber("version"u8, live);
            if (since is not null)
            {
                json.WritePropertyName("versions"u8);
                JsonSerializer.Serialize(json, since.Versions.Where(version => version.Version > seen).Select(VersionBody.From), Bodies.Options);
            }

            if (changes is not null)
            {
                json.WritePropertyName("changes"u8);
                JsonSerializer.Serialize(json, changes.Changes.Select(CatalogChangeBody.From), Bodies.Options);
            }
        });
    }
}
