using System.Net;
using Orleans.Configuration;
using PmOrleans.Grains.Cluster;

namespace PmOrleans.Silo.Hosting;

/// <summary>How a silo finds the others.</summary>
internal static class ClusterSettings
{
    public static ISiloBuilder UseCluster(this ISiloBuilder silo, SiloSettings settings, PostgresCluster? cluster)
    {
        // Whoever waits longer than an edge's deadline gets no use out of an answer; the store decides what was applied.
        silo.Configure<SiloMessagingOptions>(messaging => messaging.ResponseTimeout = TimeSpan.FromSeconds(10));

        if (cluster is not null)
        {
            return cluster.Join(silo, settings.SiloAddress, settings.SiloPort, settings.ClientPort);
        }

        // Nobody else belongs to this cluster: a port on this machine only, and none for clients.
        return silo.UseLocalhostClustering(
            settings.SiloPort, gatewayPort: 0, primarySiloEndpoint: new IPEndPoint(IPAddress.Loopback, settings.SiloPort), serviceId: "pmorleans", clusterId: "pmorleans");
    }
}
