namespace PmOrleans.Node.Log;

/// <summary>All that the store knows of one outside id, read in one look.</summary>
/// <param name="IdHash">Keyed hash of the id that was asked for.</param>
/// <param name="Tombstone">What an erasure left under this id.</param>
/// <param name="Identity"><c>null</c> for an id that nobody has.</param>
/// <param name="Snapshot">The saved state.</param>
/// <param name="Tail">Records after the saved state, ascending, at most as many as were asked for; there may be more.</param>
public sealed record StoredCustomer(UInt128 IdHash, TombstoneRow? Tombstone, IdentityRow? Identity, SnapshotRow? Snapshot, IReadOnlyList<LogRow> Tail);
