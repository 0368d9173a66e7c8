using PmOrleans.Decisioning.Form;

namespace PmOrleans.Gateway.Http;

/// <summary>What an address of the API says behind its question mark must be known, and said once: whoever misspells it would be taken for somebody who did not say it.</summary>
internal sealed class QueryCheck(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (!context.Request.QueryString.HasValue
            || context.GetEndpoint() is not RouteEndpoint endpoint
            || !endpoint.RoutePattern.RawText!.StartsWith("/v1/", StringComparison.Ordinal))
        {
            return next(context);
        }

        var errors = new ErrorList();
        Check(context.Request.Query, QueryParameters.Of(endpoint.Metadata), errors);
        return errors.IsEmpty
            ? next(context)
            : ProblemAnswer.WriteAsync(context, Problem.Invalid, "The address has mistakes; nothing was applied.", errors.ToDictionary());
    }

    private static void Check(IQueryCollection query, IReadOnlyList<QueryParameter> known, ErrorList errors)
    {
        foreach (var (name, values) in query)
        {
            if (known.FirstOrDefault(parameter => parameter.Name == name) is not { } parameter)
            {
                errors.Add(Labels.Shown(name), "is not a known parameter; " + known.Count switch
                {
                    0 => "this call takes none in its address",
                    1 => $"known is {known[0].Name}",
                    _ => $"known are {string.Join(", ", known.Select(parameter => parameter.Name))}",
                });
            }
            else if ((values.Count > 1 ? "appears more than once" : parameter.Wrong(values.ToString())) is { } wrong)
            {
                errors.Add(name, wrong);
            }
        }
    }
}
