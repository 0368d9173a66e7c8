using PmOrleans.Decisioning.Identity;

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

    /// <summary>Removes identities, data key, snapshot, decision-id entries and all personal parts of a customer, and leaves tombstones.</summary>
    void Erase(CustomerKey customer, IReadOnlyList<TombstoneRow> tombstones);
}
