using PmOrleans.Decisioning.Identity;
using PmOrleans.Node.Queue;

namespace PmOrleans.Node.Log;

/// <summary>What may be written beside records, inside the writer's transaction. Only valid during the call that receives it.</summary>
public interface ILogTransaction
{
    void SaveSnapshot(SnapshotRow snapshot);

    /// <summary>The lowest record sequence that some live customer has folded but not saved; what lies above is the tail.</summary>
    void SaveTailStart(long sequence);

    void SaveCheckpoint(CheckpointRow checkpoint);

    /// <summary>Adds a version; versions are consecutive from 1. Throws <see cref="InvalidOperationException"/> when it exists.</summary>
    void AddCatalog(CatalogRow catalog);

    /// <summary>Small named values of the node: registries, pauses. A null value deletes.</summary>
    void SetValue(string key, byte[]? value);

    /// <summary>
    /// The same for a value that is made of the one before: only if that is still there. Throws <see cref="InvalidOperationException"/> when another node, or
    /// work queued earlier, was quicker.
    /// </summary>
    /// <param name="expected">As it was read; <c>null</c>: there was none.</param>
    void ReplaceValue(string key, byte[]? expected, byte[]? value);

    /// <summary>Puts touchpoints behind those that are queued, in their order. Only the store of a cluster has a queue.</summary>
    /// <exception cref="NotSupportedException">This store has none.</exception>
    void Enqueue(IReadOnlyList<QueuedRow> rows) => throw new NotSupportedException("Touchpoints are queued in the store of a cluster only.");

    /// <summary>
    /// Removes identities, data key, snapshot, decision-id entries, all personal parts of a customer and what is queued under the tombstones' ids, and leaves
    /// tombstones, which know the messages that were queued as well.
    /// </summary>
    void Erase(CustomerKey customer, IReadOnlyList<TombstoneRow> tombstones);
}
