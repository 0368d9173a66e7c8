using PmOrleans.Node.Leases;

namespace PmOrleans.Node.Owners;

/// <summary>A node's question for money. A node asks one at a time, so that what it was granted before and has not written by now it never will write.</summary>
/// <param name="Epoch">The node's.</param>
/// <param name="Number">Ascending within the epoch: one that was overtaken is not answered.</param>
/// <param name="WrittenMicros">All grants of this account that are in the node's log under this epoch.</param>
/// <param name="Request">What is asked for.</param>
public sealed record SliceAsk(long Epoch, long Number, long WrittenMicros, SliceRequest Request);
