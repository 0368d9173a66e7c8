namespace PmOrleans.Node.Refolding;

/// <summary>A process that may write customers.</summary>
/// <param name="Epoch">What it writes under.</param>
/// <param name="Said">What its node has said last about itself; <c>null</c>: nothing yet. An earlier process of that name may have said it.</param>
internal readonly record struct SweepWriter(long Epoch, string Node, byte[]? Said);
