using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using PmOrleans.GrainInterfaces.Serialization;
using PmOrleans.Grains.Cluster;

namespace PmOrleans.Grains.Hosting;

/// <summary>Puts a client of the cluster into a host, for a gateway without a silo.</summary>
public static class GatewayHosting
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(1);

    /// <summary>The host waits at its start until a silo takes it.</summary>
    /// <param name="edge">Looks for silos as long as the host runs.</param>
    public static IHostApplicationBuilder AddClusterGateway(this IHostApplicationBuilder builder, PostgresCluster cluster, GatewayEdge edge)
    {
        builder.UseOrleansClient(client =>
        {
            cluster.Use(client);
            client.Configure<ClientMessagingOptions>(messaging => messaging.ResponseTimeout = TimeSpan.FromSeconds(10));
            client.UseConnectionRetryFilter(async (_, cancellation) =>
            {
                await Task.Delay(Between, cancellation);
                return true;
            });
            client.Services.AddCoreSerialization();
        });
        builder.Services.AddHostedService(_ => edge);
        return builder;
    }
}
