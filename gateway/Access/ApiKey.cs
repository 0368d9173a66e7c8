using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;

namespace PmOrleans.Gateway.Access;

/// <summary>A caller's key, without the key itself.</summary>
/// <param name="Name">1 to 64 letters, digits, <c>-</c>, <c>_</c> or <c>.</c>; no two keys have the same.</param>
/// <param name="Scopes">What it is good for.</param>
internal sealed record ApiKey(string Name, IReadOnlyList<string> Scopes, KeyHash Hash)
{
    public const string Scheme = "Bearer";

    /// <summary>Claim that says one of the scopes (RFC 9068, section 2.2.3).</summary>
    public const string ScopeClaim = "scope";

    /// <summary>What every request with this key is answered: made once, and never changed.</summary>
    public Task<AuthenticateResult> Success { get; } = Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(
        new ClaimsPrincipal(new ClaimsIdentity(
            [new Claim(ClaimTypes.Name, Name), .. Scopes.Select(scope => new Claim(ScopeClaim, scope))], Scheme)),
        Scheme)));
}
