using Orleans.Metadata;
using PmOrleans.Grains.Customers;

namespace PmOrleans.Grains.Cluster;

/// <summary>The active silos that have a node. Others may be members as well: a silo of somebody who listens to streams reads no queue and takes over from nobody.</summary>
internal sealed class NodeSilos(IClusterMembershipService membership, IClusterManifestProvider manifests, GrainTypeResolver types)
{
    private readonly GrainType _customer = types.GetGrainType(typeof(CustomerGrain));

    /// <summary>In the order of their names. One that has just joined may be missing for a moment.</summary>
    public List<ClusterMember> Active
    {
        get
        {
            var silos = manifests.Current.Silos;
            return
            [
                .. membership.CurrentSnapshot.Members.Values
                    .Where(member => member.Status == SiloStatus.Active && silos.TryGetValue(member.SiloAddress, out var manifest) && manifest.Grains.ContainsKey(_customer))
                    .OrderBy(member => (member.Name, member.SiloAddress.ToParsableString())),
            ];
        }
    }
}
