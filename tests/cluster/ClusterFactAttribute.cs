namespace PmOrleans.Cluster.Tests;

/// <summary>Skipped, saying so, where no cluster can be had.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ClusterFactAttribute : FactAttribute
{
    public ClusterFactAttribute() => Skip = LocalCluster.Lack;
}

/// <summary>Skipped, saying so, where the network cannot be cut.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PartitionFactAttribute : FactAttribute
{
    public PartitionFactAttribute() => Skip = LocalCluster.LackOfNamespaces;
}
