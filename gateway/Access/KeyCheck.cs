using System.Globalization;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Primitives;
using PmOrleans.Decisioning.Form;
using PmOrleans.Gateway.Http;

namespace PmOrleans.Gateway.Access;

/// <summary>Knows callers by <c>Authorization: Bearer KEY</c>; refusals are as RFC 6750, section 3 has them.</summary>
/// <remarks>
/// Addresses say what they need in ASP.NET Core's own words (<c>RequireAuthorization(scope)</c>, <c>AllowAnonymous()</c>). Its handlers and policies cost a fifth of a decision, measured in turn, for what
/// is a look into a table; so the look stands here. An address that says nothing is closed to who has no key.
/// </remarks>
internal sealed partial class KeyCheck(RequestDelegate next, KeyRing keys, ILogger<KeyCheck> log)
{
    private const string Scheme = "Bearer";
    private const string Realm = Scheme + " realm=\"pmorleans\"";

    public Task InvokeAsync(HttpContext context)
    {
        var needs = context.GetEndpoint()?.Metadata;
        if (needs?.GetMetadata<IAllowAnonymous>() is not null)
        {
            return next(context);
        }

        if (KeyOf(context.Request.Headers.Authorization) is not { } key)
        {
            return AskAsync(context);
        }

        var scope = needs?.GetMetadata<IAuthorizeData>()?.Policy;
        if (scope is not null && !key.Scopes.Contains(scope, StringComparer.Ordinal))
        {
            return RefuseAsync(context, key, scope);
        }

        context.User = key.Caller;
        return scope is Scopes.Publish or Scopes.Draft or Scopes.Erase ? TellAsync(context, key, scope) : next(context);
    }

    /// <summary>What changes what is shown, or ends a customer, is in the log with the name of the key; who the customer was is not.</summary>
    private async Task TellAsync(HttpContext context, ApiKey key, string scope)
    {
        var outcome = "broke off";
        try
        {
            await next(context);
            outcome = context.Response.StatusCode.ToString(CultureInfo.InvariantCulture);
        }
        finally
        {
            // Also of a call that failed, or whose caller left: it may be done all the same.
            var of = scope == Scopes.Erase ? null : context.Request.RouteValues.Values.FirstOrDefault() as string;
            Asked(key.Name, context.GetEndpoint()?.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName, of is null ? "" : " of " + Labels.Shown(of), outcome);
        }
    }

    private ApiKey? KeyOf(StringValues authorization) =>
        authorization is [{ } header] && header.StartsWith(Scheme + " ", StringComparison.OrdinalIgnoreCase) ? keys.Find(header.AsSpan(Scheme.Length + 1).Trim()) : null;

    private static Task AskAsync(HttpContext context)
    {
        // Another scheme is answered like no header: an error would say that a token was looked at.
        var authorization = context.Request.Headers.Authorization;
        var hasToken = authorization.Any(header => header!.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase));
        context.Response.Headers.WWWAuthenticate = hasToken ? Realm + ", error=\"invalid_token\"" : Realm;
        return ProblemAnswer.WriteAsync(context, Problem.Unauthorized, authorization.Count > 0
            ? "The Authorization header is not 'Bearer' with a key that is admitted here. Nothing was applied."
            : "The Authorization header is missing; it is to be 'Bearer' with a key. Nothing was applied.");
    }

    private static Task RefuseAsync(HttpContext context, ApiKey key, string scope)
    {
        context.Response.Headers.WWWAuthenticate = $"{Realm}, error=\"insufficient_scope\", scope=\"{scope}\"";
        return ProblemAnswer.WriteAsync(context, Problem.Forbidden, $"The key '{key.Name}' has the scope {string.Join(", ", key.Scopes)}; this call needs {scope}. Nothing was applied.");
    }

    [LoggerMessage(1, LogLevel.Information, "The key {Key} asked for {Call}{Of}: {Outcome}.")]
    private partial void Asked(string key, string? call, string of, string outcome);
}
