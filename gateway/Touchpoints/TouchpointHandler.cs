using System.Text.Json;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Gateway.Http;
using PmOrleans.Gateway.Json;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Touchpoints;

/// <summary>The other hot path: admission, body, ingest, answer.</summary>
internal sealed class TouchpointHandler(IDecisionNode node, Admission admission, GatewayOptions options)
{
    private const string Queued = "queued";

    public static readonly QueryParameter Commit = QueryParameter.Choice("commit", ["sync", Queued],
        "sync (default): answered when the touchpoints are durable and visible. queued: answered when they are durable, visible soon after; a host without a queue applies them and says queued: 0.");

    public Admission Admission => admission;

    public async Task HandleAsync(HttpContext context)
    {
        var request = context.Request;
        var lines = ContentTypes.IsLines(request);
        if (!lines && !ContentTypes.IsJson(request))
        {
            await ContentTypes.RefuseAsync(context);
            return;
        }

        if (!admission.TryEnter(context, options.MaxTouchpointBytes, out var lease, out var refused))
        {
            await refused;
            return;
        }

        using (lease)
        {
            var began = admission.Wait.Begin();
            var applied = false;
            try
            {
                using var body = await RequestBody.ReadAsync(context, options.MaxTouchpointBytes, lease!);
                if (body is null)
                {
                    await admission.UnreadAsync(context, options.MaxTouchpointBytes, lease!);
                    return;
                }

                var batch = lines ? TouchpointBatchParser.ReadLines(body.Span) : TouchpointBatchParser.ReadJson(body.Span);
                applied = !batch.TooMany && batch.Errors is null && batch.HasGoodOnes;
                await IngestAsync(context, batch, queued: request.QueryString.HasValue && request.Query[Commit.Name] == Queued);
            }
            finally
            {
                admission.Wait.End(began, applied);
            }
        }
    }

    private async Task IngestAsync(HttpContext context, TouchpointBatch batch, bool queued)
    {
        if (batch.TooMany)
        {
            await ProblemAnswer.WriteAsync(context, Problem.TooLarge, $"The body has more than {TouchpointLimits.Batch} touchpoints; nothing was applied.");
            return;
        }

        if (batch.Errors is { } errors)
        {
            GatewayMeter.Ingested(0, 0, batch.Rejected.Count, 0);
            await ProblemAnswer.WriteAsync(context, Problem.Invalid, "The body has mistakes; nothing was applied.", errors,
                json => WriteCounts(json, 0, 0, 0, batch.Rejected));
            return;
        }

        var answer = new IngestAnswer(0, 0, 0, []);
        if (batch.HasGoodOnes)
        {
            var reply = queued
                ? await node.QueueAsync(batch.Items, context.RequestAborted)
                : await node.IngestAsync(batch.Items, context.RequestAborted);
            if (reply.Refusal is { } refusal)
            {
                await ProblemAnswer.WriteAsync(context, refusal);
                return;
            }

            RoutingHint.Write(context, reply.Node);
            answer = reply.Value!;
        }

        // The node knows only what the edge let through; callers want one list.
        var rejected = batch.Rejected;
        if (answer.Rejected.Count > 0)
        {
            rejected = [.. rejected.Concat(answer.Rejected).OrderBy(item => item.Index)];
        }

        GatewayMeter.Ingested(answer.Accepted + answer.Queued, answer.Duplicates, rejected.Count, answer.Unprotected);
        if (rejected.Count > 0 && answer.Accepted + answer.Duplicates + answer.Queued == 0)
        {
            await ProblemAnswer.WriteAsync(context, Problem.NothingAccepted, "Every touchpoint was rejected; nothing was applied.",
                batch.IsOneObject ? rejected[0].Errors : null, json => WriteCounts(json, 0, 0, 0, rejected));
            return;
        }

        context.Response.StatusCode = StatusCodes.Status202Accepted;
        var writer = JsonAnswer.Begin();
        writer.WriteStartObject();
        if (queued)
        {
            // Where there is no queue they are applied, and the answer says so.
            writer.WriteNumber("queued"u8, answer.Queued);
        }

        WriteCounts(writer, answer.Accepted, answer.Duplicates, answer.Unprotected, rejected);
        writer.WriteEndObject();
        await JsonAnswer.SendAsync(context);
    }

    private static void WriteCounts(Utf8JsonWriter json, int accepted, int duplicates, int unprotected, IReadOnlyList<RejectedTouchpoint> rejected)
    {
        json.WriteNumber("accepted"u8, accepted);
        json.WriteNumber("duplicates"u8, duplicates);
        json.WriteNumber("unprotected"u8, unprotected);
        if (unprotected > 0)
        {
            json.WriteString("hint"u8, "without messageId a repeat counts again"u8);
        }

        json.WriteStartArray("rejected"u8);
        foreach (var item in rejected)
        {
            json.WriteStartObject();
            json.WriteNumber("index"u8, item.Index);
            json.WritePropertyName("errors"u8);
            ProblemAnswer.WriteErrors(json, item.Errors);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
