namespace PmOrleans.Node.Log;

/// <summary>What an owner in the cluster (of a campaign, a model, a segment) has folded of every node's log; state and watermarks are saved in one write.</summary>
/// <param name="Owner">Its name, unique in the store.</param>
/// <param name="Version">Of the row that was read; 0: there is none yet. Saving compares it, so that of two activations of one owner only one gets on.</param>
/// <param name="Watermarks">By name of the node, the last sequence folded; a node that is missing stands at 0.</param>
/// <param name="State">Versioned bytes.</param>
public sealed record OwnerRow(string Owner, long Version, IReadOnlyDictionary<string, long> Watermarks, byte[] State);
