namespace PmOrleans.Gateway.Http;

/// <summary>Calls whose address says it all: a body would be taken for something that it is not.</summary>
internal static class NoBody
{
    public static RouteHandlerBuilder TakesNoBody(this RouteHandlerBuilder call) => call.AddEndpointFilter(static async (invocation, next) =>
    {
        var context = invocation.HttpContext;
        return await context.Request.Body.ReadAsync(new byte[1], context.RequestAborted) > 0
            ? new ProblemResult("body", "is taken by no call of this address, which says all that it does")
            : await next(invocation);
    });
}
