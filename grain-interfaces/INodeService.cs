using Orleans.Services;

namespace PmOrleans.GrainInterfaces;

/// <summary>A silo's node, as the other silos reach it.</summary>
[Alias("PmOrleans.NodeService")]
public interface INodeService : IGrainService
{
    /// <summary>Takes up what another node has published, paused or switched; completes when it is live here.</summary>
    [Alias("Follow")]
    Task FollowAsync();

    /// <summary>Whether this node reaches the database now, and its last attempt to write its log succeeded.</summary>
    [Alias("IsWriting")]
    Task<bool> IsWritingAsync();
}
