using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;

namespace PmOrleans.Gateway.Access;

/// <summary>Lets in who has a key, where <see cref="GatewayOptions.KeyFile"/> names some; otherwise everybody.</summary>
internal static class KeyAccess
{
    public static IServiceCollection AddKeys(this IServiceCollection services, GatewayOptions options)
    {
        if (options.KeyFile is not { } file)
        {
            // The addresses name their scopes nevertheless, and nobody is there to ask for them.
            return services.Configure<RouteOptions>(routes => routes.SuppressCheckForUnhandledSecurityMetadata = true);
        }

        services.AddSingleton(new KeyRing(file)).AddHostedService<KeyWatch>();
        services.AddAuthentication(ApiKey.Scheme).AddScheme<AuthenticationSchemeOptions, KeyAuthentication>(ApiKey.Scheme, null);

        // An address that names neither a scope nor that it is open is closed to who has no key.
        var authorization = services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
        foreach (var scope in Scopes.All)
        {
            authorization.AddPolicy(scope, policy => policy.RequireClaim(ApiKey.ScopeClaim, scope));
        }

        return services;
    }

    public static void UseKeys(this WebApplication app)
    {
        if (app.Services.GetRequiredService<GatewayOptions>().KeyFile is not null)
        {
            app.UseAuthentication();
            app.UseAuthorization();
        }
    }
}
