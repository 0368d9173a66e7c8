using Microsoft.AspNetCore.Server.Kestrel.Core;
using PmOrleans.Gateway.Metrics;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Hosting;

/// <summary>Puts the edge in front of a node.</summary>
internal static class GatewayApp
{
    /// <param name="configure">Changes the builder before it builds: another server, other services.</param>
    /// <param name="map">The addresses. Default: all.</param>
    /// <param name="metrics">One that has listened before; by default it begins here.</param>
    public static WebApplication Build(
        GatewayOptions options, IDecisionNode node, Action<WebApplicationBuilder>? configure = null, Action<WebApplication>? map = null,
        MetricStore? metrics = null)
    {
        // An empty builder: every option is read and checked in one place, GatewaySettings. A fuller one would also watch the working folder for a changed
        // appsettings.json, with all below it, and be woken by every write to a log that lies there.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = typeof(GatewayApp).Assembly.GetName().Name });
        builder.WebHost.UseKestrelCore();
        builder.Services.AddRoutingCore();
        builder.Logging.ConfigureGatewayLogs(options);
        builder.WebHost.UseUrls(options.Urls);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => Limit(kestrel, options));
        builder.Services.AddSingleton(node);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddGateway(options, metrics ?? new MetricStore(options.MaxMetricSeries));
        configure?.Invoke(builder);

        var app = builder.Build();
        (map ?? GatewayRoutes.MapGateway)(app);
        return app;
    }

    private static void Limit(KestrelServerOptions kestrel, GatewayOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.ConfigureHttpsDefaults(https => ServerCertificate.Use(https, options));
        kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http1);

        // The bound that counts is checked by the endpoint, which can say what it is; this one only ends a body nobody reads.
        kestrel.Limits.MaxRequestBodySize = Math.Max(options.MaxCatalogBytes, Math.Max(options.MaxTouchpointBytes, options.MaxDecisionBytes)) + (1L << 20);
        kestrel.Limits.MaxRequestLineSize = 8 * 1024;
        kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
        kestrel.Limits.MaxRequestHeaderCount = 64;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(130);
    }
}
