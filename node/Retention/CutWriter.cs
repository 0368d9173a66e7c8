using PmOrleans.Decisioning.Codec;
using PmOrleans.Node.Refolding;

namespace PmOrleans.Node.Retention;

/// <summary>What a node says of itself to those who cut the logs of the store that it writes.</summary>
/// <param name="Epoch">Of the process that says it: an earlier one of that name speaks for no other.</param>
/// <param name="KnowsBases">It has seen that the store is one that is cut: nothing it holds or does would be wrong when records go. It looks until it has.</param>
/// <param name="Cuts">It is one that cuts.</param>
internal readonly record struct CutWriter(long Epoch, bool KnowsBases, bool Cuts)
{
    /// <summary>Name of the node's value.</summary>
    public const string Key = "node.cuts";

    public byte[] Write()
    {
        using var writer = new ByteWriter(16);
        writer.Signed(Epoch);
        writer.Count((KnowsBases ? 1 : 0) | (Cuts ? 2 : 0));
        return writer.ToArray();
    }

    /// <summary>What the process that writes under the epoch has said; <c>null</c>: nothing, as one of an earlier release.</summary>
    public static CutWriter? Of(SweepWriter writer)
    {
        if (writer.Said is null)
        {
            return null;
        }

        var reader = new ByteReader(writer.Said);
        var (epoch, said) = (reader.Signed(), reader.Count());
        return epoch == writer.Epoch ? new CutWriter(epoch, (said & 1) != 0, (said & 2) != 0) : null;
    }
}
