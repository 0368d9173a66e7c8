namespace PmOrleans.Node.Owners;

/// <summary>What an owner folds: sums, so that the logs of several nodes may come in any order. Not thread-safe unless it says so.</summary>
public interface IOwnerBook
{
    /// <summary>Grows with every change.</summary>
    long Version { get; }

    byte[] Write();

    /// <exception cref="Decisioning.Codec.CorruptDataException">Damaged, or of a later format.</exception>
    void Restore(ReadOnlySpan<byte> state);

    /// <summary>Told, after <see cref="Restore"/>, up to where the logs of nodes are in it.</summary>
    void StandAt(IReadOnlyDictionary<string, long> watermarks)
    {
    }

    /// <summary>Told, after <see cref="StandAt"/>, when nothing was saved: the logs that are to be folded, each up to where it ends, before this is whole.</summary>
    void Recount(IReadOnlyDictionary<string, long> ends)
    {
    }

    /// <summary>Looks at who reports before anything is folded.</summary>
    /// <returns><c>true</c>: the figures mean something else now, all was forgotten but for what is no longer in the logs, and every log must be folded anew.</returns>
    bool Meet(RangeReport report);

    /// <summary>Adds a delta, whole or not at all.</summary>
    /// <returns><c>false</c>: it means something else than what is here; its reporter must catch up with the catalog first.</returns>
    /// <exception cref="Decisioning.Codec.CorruptDataException">It cannot be read.</exception>
    bool TryFold(RangeReport report);

    /// <summary>What is another since a version, for the reporter's replica.</summary>
    /// <param name="watermark">Records folded, of all nodes.</param>
    byte[] ChangesSince(long version, long reporterEpoch, long watermark);
}
