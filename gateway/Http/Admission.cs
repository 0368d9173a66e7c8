using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Http;

/// <summary>Decides before a body is read whether there is room for it: bytes under way, estimated wait, and the node's own word.</summary>
internal sealed class Admission(IDecisionNode node, ByteBudget bytes, GatewayOptions options, TimeProvider time)
{
    /// <summary>Charged for a body that does not tell its length.</summary>
    private const int UnknownLength = 16 * 1024;

    /// <summary>Time the request's work has taken; one estimate for each kind of request, because they take different times.</summary>
    public WaitEstimate Wait { get; } = new(time);

    /// <summary>A lease to be disposed when the request is done, or <c>null</c> and an answer under way.</summary>
    public bool TryEnter(HttpContext context, int limit, out ByteLease? lease, out Task answer)
    {
        lease = null;
        answer = Task.CompletedTask;
        var declared = context.Request.ContentLength;
        if (declared > limit)
        {
            answer = TooLargeAsync(context, limit);
            return false;
        }

        var charge = declared ?? Math.Min(UnknownLength, limit);
        var estimate = Wait.EstimateMs();
        if (estimate > options.MaxWaitMs)
        {
            answer = RefuseAsync(context,
                $"The estimated wait is {estimate:0} ms; allowed are {options.MaxWaitMs} ms. Nothing was applied.", TimeSpan.FromMilliseconds(estimate));
            return false;
        }

        if (node.Admit(charge) is { } refusal)
        {
            answer = ProblemAnswer.WriteAsync(context, refusal);
            return false;
        }

        if (!bytes.TryTake(charge))
        {
            answer = BytesAsync(context);
            return false;
        }

        lease = new ByteLease(bytes, charge);
        return true;
    }

    /// <summary>Answers for a body that <see cref="RequestBody.ReadAsync"/> gave up on.</summary>
    public Task UnreadAsync(HttpContext context, int limit, ByteLease lease) => lease.IsRefused ? BytesAsync(context) : TooLargeAsync(context, limit);

    private Task BytesAsync(HttpContext context) =>
        RefuseAsync(context, $"Bodies of {bytes.Taken} bytes are under way; allowed are {bytes.Limit}. Nothing was applied.", TimeSpan.FromSeconds(1));

    private static Task TooLargeAsync(HttpContext context, int limit)
    {
        var size = context.Request.ContentLength is { } declared ? $"has {declared} bytes" : "is too long";
        return ProblemAnswer.WriteAsync(context, Problem.TooLarge, $"The body {size}; allowed are {limit} bytes.");
    }

    private static Task RefuseAsync(HttpContext context, string detail, TimeSpan wait)
    {
        ProblemAnswer.RetryAfter(context, wait);
        return ProblemAnswer.WriteAsync(context, Problem.Overloaded, detail);
    }
}
