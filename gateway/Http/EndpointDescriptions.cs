namespace PmOrleans.Gateway.Http;

/// <summary>What every endpoint says of itself in the OpenAPI document.</summary>
internal static class EndpointDescriptions
{
    /// <summary>Names the operation and the problems it may answer, beside 500, which any may.</summary>
    public static RouteHandlerBuilder Describe(this RouteHandlerBuilder endpoint, string name, string summary, params int[] problems)
    {
        endpoint.WithName(name).WithSummary(summary);
        foreach (var status in problems.Append(StatusCodes.Status500InternalServerError))
        {
            endpoint.Produces<ProblemBody>(status, ProblemAnswer.ContentType);
        }

        return endpoint;
    }

    /// <summary>Names what the call takes behind the question mark; everything else there is refused.</summary>
    public static RouteHandlerBuilder Takes(this RouteHandlerBuilder endpoint, params QueryParameter[] known) => endpoint.WithMetadata(new QueryParameters(known));
}
