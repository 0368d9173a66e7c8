using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;
using PmOrleans.Gateway.Http;

namespace PmOrleans.Gateway.Access;

/// <summary>Knows callers by <c>Authorization: Bearer KEY</c>; refusals are as RFC 6750, section 3 has them.</summary>
internal sealed class KeyAuthentication(KeyRing keys, IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logs, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logs, encoder)
{
    private const string Prefix = ApiKey.Scheme + " ";
    private static readonly Task<AuthenticateResult> None = Task.FromResult(AuthenticateResult.NoResult());

    private bool SaysWho => Request.Headers.Authorization.Count > 0;

    protected override Task<AuthenticateResult> HandleAuthenticateAsync() =>
        Request.Headers.Authorization is [{ } header] && header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)
        && keys.Find(header.AsSpan(Prefix.Length).Trim()) is { } key
            ? key.Success
            : None;

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        // Another scheme is answered like no header: an error would say that a token was looked at.
        var hasToken = Request.Headers.Authorization.Any(header => header!.StartsWith(ApiKey.Scheme, StringComparison.OrdinalIgnoreCase));
        Response.Headers.WWWAuthenticate = hasToken ? "Bearer realm=\"pmorleans\", error=\"invalid_token\"" : "Bearer realm=\"pmorleans\"";
        return ProblemAnswer.WriteAsync(Context, Problem.Unauthorized, SaysWho
            ? "The Authorization header is not 'Bearer' with a key that is admitted here. Nothing was applied."
            : "The Authorization header is missing; it is to be 'Bearer' with a key. Nothing was applied.");
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties)
    {
        var scope = Context.GetEndpoint()?.Metadata.GetMetadata<IAuthorizeData>()?.Policy;
        Response.Headers.WWWAuthenticate = $"Bearer realm=\"pmorleans\", error=\"insufficient_scope\", scope=\"{scope}\"";
        var has = string.Join(", ", Context.User.FindAll(ApiKey.ScopeClaim).Select(claim => claim.Value));
        return ProblemAnswer.WriteAsync(Context, Problem.Forbidden, $"The key '{Context.User.Identity?.Name}' has the scope {has}; this call needs {scope}. Nothing was applied.");
    }
}
