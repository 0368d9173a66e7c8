using PmOrleans.Gateway.Hosting;

namespace PmOrleans.Gateway.Access;

/// <summary>Lets in who has a key, where <see cref="GatewayOptions.KeyFile"/> names some; otherwise everybody.</summary>
internal static class KeyAccess
{
    public static IServiceCollection AddKeys(this IServiceCollection services, GatewayOptions options)
    {
        // The addresses name their scopes in any case: ASP.NET Core would miss its own middleware.
        services.Configure<RouteOptions>(routes => routes.SuppressCheckForUnhandledSecurityMetadata = true);
        return options.KeyFile is { } file ? services.AddSingleton(Open(file)).AddHostedService<KeyWatch>() : services;
    }

    public static void UseKeys(this WebApplication app)
    {
        if (app.Services.GetService<KeyRing>() is not null)
        {
            app.UseMiddleware<KeyCheck>();
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
