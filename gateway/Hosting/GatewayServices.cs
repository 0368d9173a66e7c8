using PmOrleans.Gateway.Access;
using PmOrleans.Gateway.Catalog;
using PmOrleans.Gateway.Customers;
using PmOrleans.Gateway.Decisions;
using PmOrleans.Gateway.Documents;
using PmOrleans.Gateway.Http;
using PmOrleans.Gateway.Json;
using PmOrleans.Gateway.Metrics;
using PmOrleans.Gateway.Touchpoints;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Hosting;

/// <summary>What the edge needs in a container; the host registers an <see cref="IDecisionNode"/> beside it.</summary>
public static class GatewayServices
{
    public static IServiceCollection AddGateway(this IServiceCollection services, GatewayOptions options) =>
        services.AddGateway(options, new MetricStore(options.MaxMetricSeries));

    /// <summary>Where the node behind the edge is this process's own: its first requests are asked before anybody's.</summary>
    internal static IServiceCollection AddWarmUp(this IServiceCollection services) =>
        services.AddSingleton<WarmUp>().AddHostedService(provider => provider.GetRequiredService<WarmUp>());

    /// <param name="metrics">Listens since before the node was opened: what instruments say at their making is heard.</param>
    internal static IServiceCollection AddGateway(this IServiceCollection services, GatewayOptions options, MetricStore metrics)
    {
        services.AddSingleton(options);
        services.AddSingleton<Drain>();
        services.AddSingleton<KnownHosts>();
        services.AddSingleton(new ByteBudget(options.MaxInflightBytes));

        // Each kind of request judges the wait by its own kind: a publish or a batch takes longer than a decision.
        services.AddTransient(provider => new Admission(
            provider.GetRequiredService<IDecisionNode>(), provider.GetRequiredService<ByteBudget>(), options,
            provider.GetService<TimeProvider>() ?? TimeProvider.System));
        services.AddSingleton<DecisionHandler>();
        services.AddSingleton<TouchpointHandler>();
        services.AddSingleton<CatalogBundles>();
        services.AddSingleton<CustomerAliases>();
        services.AddSingleton(metrics);
        services.AddSingleton(provider => GatewayMeter.Watch(
            provider.GetRequiredService<ByteBudget>(), provider.GetRequiredService<Drain>(),
            provider.GetRequiredService<DecisionHandler>().Admission.Wait, provider.GetRequiredService<TouchpointHandler>().Admission.Wait));
        services.AddHostedService<DrainOnStop>();
        services.AddHostedService<ReadyWatch>();
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(options.DrainSeconds + 5));
        services.ConfigureHttpJsonOptions(json => Bodies.Configure(json.SerializerOptions));
        services.AddGatewayDocument();
        services.AddKeys(options);
        return services;
    }
}
