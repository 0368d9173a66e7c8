using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Form;
using PmOrleans.Gateway.Http;
using PmOrleans.Gateway.Json;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Decisions;

/// <summary>The hot path: admission, body, decision, answer.</summary>
internal sealed class DecisionHandler(IDecisionNode node, Admission admission, GatewayOptions options)
{
    /// <summary>Tells a caller that the answer is that of an earlier request with this id; the body is the same, so it cannot say so.</summary>
    public const string RepeatedHeader = "Idempotent-Replayed";

    public Admission Admission => admission;

    public async Task HandleAsync(HttpContext context)
    {
        if (!ContentTypes.IsJson(context.Request))
        {
            await ContentTypes.RefuseAsync(context);
            return;
        }

        if (!admission.TryEnter(context, options.MaxDecisionBytes, out var lease, out var refused))
        {
            await refused;
            return;
        }

        using (lease)
        {
            var began = admission.Wait.Begin();
            var decided = false;
            try
            {
                using var body = await RequestBody.ReadAsync(context, options.MaxDecisionBytes, lease!);
                if (body is null)
                {
                    await admission.UnreadAsync(context, options.MaxDecisionBytes, lease!);
                    return;
                }

                var errors = new ErrorList();
                if (DecisionParser.Read(body.Span, options.SimulatedClock, errors) is not { } request)
                {
                    await ProblemAnswer.WriteAsync(context, Problem.Invalid, "The request has mistakes; nothing was applied.", errors.ToDictionary());
                    return;
                }

                decided = true;
                await DecideAsync(context, request);
            }
            finally
            {
                admission.Wait.End(began, decided);
            }
        }
    }

    private async Task DecideAsync(HttpContext context, DecisionRequest request)
    {
        using var deadline = Deadline.Start(request.DeadlineMs ?? options.DeadlineMs, context.RequestAborted);
        Reply<DecisionAnswer> reply;
        try
        {
            reply = await node.DecideAsync(request, deadline.Token);
        }
        catch (OperationCanceledException) when (deadline.HasPassed)
        {
            await ProblemAnswer.WriteAsync(context, Problem.Deadline, request.DecisionId is null
                ? $"There was no answer within {request.DeadlineMs ?? options.DeadlineMs} ms. The request may have been applied; it had no decisionId, so a repeat is a new decision."
                : $"There was no answer within {request.DeadlineMs ?? options.DeadlineMs} ms. The request may have been applied; repeat it with the same decisionId.");
            return;
        }

        if (reply.Refusal is { } refusal)
        {
            await ProblemAnswer.WriteAsync(context, refusal);
            return;
        }

        RoutingHint.Write(context, reply.Node);
        var answer = reply.Value!;
        if (answer.Repeated)
        {
            context.Response.Headers[RepeatedHeader] = "true";
        }

        GatewayMeter.Decided(answer.Degraded ? "degraded" : answer.Repeated ? "repeated" : request.DryRun ? "dry-run" : "decided");
        DecisionWriter.Write(JsonAnswer.Begin(), answer);
        await JsonAnswer.SendAsync(context);
    }
}
