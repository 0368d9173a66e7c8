using System.Net;
using Orleans.Configuration;

namespace PmOrleans.Silo.Hosting;

/// <summary>The cluster of one silo.</summary>
internal static class ClusterSettings
{
    public static ISiloBuilder UseCluster(this ISiloBuilder silo, SiloSettings settings)
    {
        // Whoever waits longer than an edge's deadline gets no use out of an answer; the store decides what was applied.
        silo.Configure<SiloMessagingOptions>(messaging => messaging.ResponseTimeout = TimeSpan.FromSeconds(10));

        // Nobody else belongs to this cluster: a port on this machine only, and none for clients.
        return silo.UseLocalhostClustering(
            settings.SiloPort, gatewayPort: 0, primarySiloEndpoint: new IPEndPoint(IPAddress.Loopback, settings.SiloPort), serviceId: "pmorleans", clusterId: "pmorleans");
    }
}
