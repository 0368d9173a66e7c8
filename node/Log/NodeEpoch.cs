namespace PmOrleans.Node.Log;

/// <summary>An epoch of one node of a cluster.</summary>
/// <param name="Node">The node's name.</param>
/// <param name="Epoch">Ascending, and given once in the whole store.</param>
/// <param name="Sealed">Nothing can be written under it any more.</param>
/// <param name="LastSequence">The last sequence written under it, final once it is sealed; 0: it wrote nothing.</param>
public sealed record NodeEpoch(string Node, long Epoch, bool Sealed, long LastSequence);
