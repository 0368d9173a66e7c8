using PmOrleans.Decisioning.Identity;

namespace PmOrleans.Node.Log;

/// <summary>How the writer fares.</summary>
public enum LogHealth
{
    /// <summary>The last transaction was committed.</summary>
    Healthy,

    /// <summary>The last transaction failed (disk full, database locked, store gone); the writer keeps trying.</summary>
    Failing,

    /// <summary>The epoch is sealed: another process has taken over. Nothing will be written again.</summary>
    Fenced,
}

/// <summary>Why a record did not get into the log.</summary>
/// <param name="Kind">What kind of refusal.</param>
/// <param name="Detail">For the operator's log; no personal data.</param>
public sealed record LogFailure(LogFailureKind Kind, string Detail);

public enum LogFailureKind
{
    /// <summary>The store cannot write now: try again later.</summary>
    Unavailable,

    /// <summary>The epoch was sealed.</summary>
    Fenced,

    /// <summary>(customer, sequence) is taken: somebody else writes this customer. Fails this customer's records only.</summary>
    SequenceClash,

    /// <summary>The decision id is in the log already. Fails this record and what was built on it.</summary>
    DecisionClash,

    /// <summary>A record that this one builds on failed.</summary>
    Predecessor,

    /// <summary>The record's outside id points to another customer already. Fails this record and what was built on it.</summary>
    IdentityClash,

    /// <summary>The customer was erased and the record carries a personal part or an identity. Fails this record and what was built on it.</summary>
    Erased,
}

/// <summary>One outside id pointing to a customer, by its keyed hash; the id itself is in the customer's personal part only.</summary>
/// <param name="IdHash">Keyed 128-bit hash of the outside id.</param>
/// <param name="Customer">The internal key.</param>
/// <param name="DataKey">The customer's own 16-byte key; destroying it makes the personal parts unreadable, backups included once rotated.</param>
public sealed record IdentityRow(UInt128 IdHash, CustomerKey Customer, byte[] DataKey);

/// <summary>A saved state of one customer.</summary>
/// <param name="Customer">Whose.</param>
/// <param name="CustomerSequence">The last record folded into it.</param>
/// <param name="State">Versioned bytes, under the customer's own key.</param>
/// <param name="DueMicros">When this customer must be woken, or <see cref="long.MaxValue"/>.</param>
public sealed record SnapshotRow(CustomerKey Customer, long CustomerSequence, byte[] State, long DueMicros)
{
    /// <summary>Where it lies in a store that knows (<see cref="IPlacedStates"/>): saved again with it, the state need not be looked for. 0: not known.</summary>
    internal long Place { get; init; }
}

/// <summary>An identity with what is saved of its customer. Its hash is 0 where none was looked up; see <see cref="IPlacedStates"/>.</summary>
/// <param name="Snapshot"><c>null</c> while there is none.</param>
public sealed record SavedCustomerRow(IdentityRow Identity, SnapshotRow? Snapshot);

/// <summary>A record as it lies in the log.</summary>
public sealed record LogRow(
    long Sequence, long Epoch, CustomerKey Customer, long CustomerSequence, long AtMicros, byte[] Accounting, byte[] Personal, UInt128 DecisionHash);

/// <summary>Where one customer's records begin, once earlier ones were cut from the log.</summary>
/// <param name="CustomerSequence">The customer's last record that was cut.</param>
/// <param name="Accounting">What recounts need of the records that were cut: numbers of the catalog and money, never an id.</param>
/// <param name="Personal">The state folded up to there, under the customer's own key; empty for a customer who was erased.</param>
public sealed record BaseRow(CustomerKey Customer, long CustomerSequence, byte[] Accounting, byte[] Personal);

/// <summary>A projection's state and how far it has folded, saved in one write.</summary>
public sealed record CheckpointRow(string Projection, long Watermark, byte[] State);

/// <summary>What is left of an erased customer: enough to drop redeliveries, nothing to recognise anybody by.</summary>
/// <param name="IdHash">Keyed hash of an outside id the customer had.</param>
/// <param name="ErasedAtMicros">When.</param>
/// <param name="MessageHashes">Keyed hashes of the message ids inside the horizon, 8 bytes each, and of the decision ids.</param>
public sealed record TombstoneRow(UInt128 IdHash, long ErasedAtMicros, byte[] MessageHashes);

/// <summary>An immutable version of the catalog as published.</summary>
public sealed record CatalogRow(int Version, long PublishedAtMicros, string Hash, byte[] Bundle);
