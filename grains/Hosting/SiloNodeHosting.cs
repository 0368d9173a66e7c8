using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Configuration;
using PmOrleans.GrainInterfaces.Serialization;
using PmOrleans.Grains.Cluster;
using PmOrleans.Grains.Streams;
using PmOrleans.Node.Port;

namespace PmOrleans.Grains.Hosting;

/// <summary>Puts a node into a silo.</summary>
public static class SiloNodeHosting
{
    /// <summary>After this the container has the port (<see cref="IDecisionNode"/>) of this silo.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static ISiloBuilder AddDecisionNode(this ISiloBuilder silo, SiloNodeOptions options)
    {
        if (options.Validate() is { Count: > 0 } problems)
        {
            throw new ArgumentException(string.Join("; ", problems), nameof(options));
        }

        silo.Configure<SiloOptions>(names => names.SiloName = options.NodeName);
        silo.Services.TryAddSingleton<NodeHandle>();
        silo.Services.AddSingleton(options);
        silo.Services.AddSingleton<SiloNode>();
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(provider => provider.GetRequiredService<SiloNode>());
        silo.Services.TryAddSingleton<IDecisionNode>(provider => new ClusterNode(
            provider.GetRequiredService<NodeHandle>(), provider.GetRequiredService<IGrainFactory>));
        silo.Services.AddCoreSerialization();
        if (options.Streams)
        {
            silo.AddNodeStreams();
        }

        if (options.Cluster is not null)
        {
            silo.AddGrainService<NodeService>();
        }

        return silo;
    }
}
