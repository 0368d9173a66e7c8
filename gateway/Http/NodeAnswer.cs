using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Http;

/// <summary>Turns what the node replies into results, for the endpoints off the hot path.</summary>
internal static class NodeAnswer
{
    /// <summary>The reply as a body, or its refusal.</summary>
    public static IResult As<T, TBody>(this Reply<T> reply, Func<T, TBody> body)
        where T : class =>
        reply.Refusal is { } refusal ? new ProblemResult(refusal) : TypedResults.Ok(body(reply.Value!));

    /// <summary>Asks for the thing whose id is in the path.</summary>
    public static async Task<IResult> OfAsync<T, TBody>(HttpContext context, Func<string, CancellationToken, ValueTask<Reply<T>>> ask, Func<T, TBody> body)
        where T : class =>
        PathId.Read(context, out var mistake) is { } id
            ? (await ask(id, context.RequestAborted)).As(body)
            : new ProblemResult("id", mistake!);
}
