using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using PmOrleans.GrainInterfaces;
using PmOrleans.Node.Log;

namespace PmOrleans.Grains.Cluster;

/// <summary>This silo's node, as the other silos reach it.</summary>
[Reentrant]
internal sealed class NodeService(GrainId id, Silo silo, ILoggerFactory logs, NodeHandle node) : GrainService(id, silo, logs), INodeService
{
    public async Task<bool> IsWritingAsync()
    {
        if (node.Engine?.Health != LogHealth.Healthy || node.Store is not { } store)
        {
            return false;
        }

        try
        {
            // A log that nobody writes to has not noticed yet that its database is away.
            await store.NodesAsync();
            return true;
        }
        catch (NodeLogException)
        {
            return false;
        }
    }

    public async Task FollowAsync()
    {
        try
        {
            if (node.Engine is { } engine)
            {
                await engine.FollowAsync();
            }
        }
        catch (NodeLogException)
        {
            // The store cannot be read now; the loop that polls it goes on.
        }
    }
}
