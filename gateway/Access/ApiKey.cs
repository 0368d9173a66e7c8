using System.Security.Claims;

namespace PmOrleans.Gateway.Access;

/// <summary>A caller's key, without the key itself.</summary>
/// <param name="Name">1 to 64 letters, digits, <c>-</c>, <c>_</c> or <c>.</c>, which it does not begin with; no two keys have the same.</param>
/// <param name="Scopes">What it is good for.</param>
internal sealed record ApiKey(string Name, IReadOnlyList<string> Scopes, KeyHash Hash)
{
    /// <summary>Whom every request with this key comes from: made once, and never changed.</summary>
    public ClaimsPrincipal Caller { get; } = new(new ClaimsIdentity([new Claim(ClaimTypes.Name, Name)], "key"));
}
