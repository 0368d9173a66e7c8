namespace PmOrleans.Node.Owners;

/// <summary>The owners of a cluster's figures: each folds the logs of all nodes, and each has one state in the store.</summary>
public enum OwnerName : byte
{
    /// <summary>Ledgers of all campaigns, the books of experiments, and the money handed out to nodes.</summary>
    Campaigns,

    /// <summary>What all policies have learned.</summary>
    Models,

    /// <summary>Members, flows and amounts of all segments.</summary>
    Segments,
}
