using Orleans.Runtime.Services;
using PmOrleans.GrainInterfaces;

namespace PmOrleans.Grains.Cluster;

/// <summary>The other silos' nodes.</summary>
internal sealed class Peers(IServiceProvider services, ILocalSiloDetails local, IClusterMembershipService membership) : GrainServiceClient<INodeService>(services)
{
    /// <summary>Nobody is waited for longer: each node also looks for itself twice a second.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    /// <summary>Has every other node follow; completes when they have, or when the limit is reached.</summary>
    public async ValueTask AnnounceAsync()
    {
        var others = membership.CurrentSnapshot.Members.Values.Where(member => member.Status == SiloStatus.Active && !member.SiloAddress.Equals(local.SiloAddress));
        var told = Task.WhenAll(others.Select(member => GetGrainService(member.SiloAddress).FollowAsync()));
        try
        {
            await told.WaitAsync(Limit);
        }
        catch (Exception lost) when (lost is TimeoutException or OrleansException)
        {
            // It finds out by itself.
        }
    }
}
