using Microsoft.AspNetCore.Authorization;
using PmOrleans.Gateway.Hosting;

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

        services.AddSingleton(Open(file)).AddHostedService<KeyWatch>();

        // Not AddAuthentication: it brings Data Protection along, which nothing here needs and which keeps secrets of its own in the home folder.
        services.AddWebEncoders().AddTransient<KeyAuthentication>().AddAuthenticationCore(authentication =>
        {
            authentication.AddScheme<KeyAuthentication>(ApiKey.Scheme, null);
            authentication.DefaultScheme = ApiKey.Scheme;
        });

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

    /// <exception cref="StartException">The file has changed since the settings were read, and cannot be taken any more.</exception>
    private static KeyRing Open(string file)
    {
        try
        {
            return new KeyRing(file);
        }
        catch (Exception failed) when (KeyRing.IsTold(failed))
        {
            throw new StartException($"--keys is '{file}': {failed.Message}", failed);
        }
    }
}
