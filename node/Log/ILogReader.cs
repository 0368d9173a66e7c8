using PmOrleans.Decisioning.Identity;

namespace PmOrleans.Node.Log;

/// <summary>Committed contents of the log. Thread-safe; each call sees one consistent state.</summary>
public interface ILogReader
{
    IdentityRow? FindIdentity(UInt128 idHash);

    /// <summary>Every outside-id hash that points to this customer.</summary>
    IReadOnlyList<IdentityRow> IdentitiesOf(CustomerKey customer);

    /// <summary>
    /// Identities with a hash above <paramref name="afterIdHash"/>, ascending, at most <paramref name="limit"/>: a walk over everybody, page by page. A customer
    /// with several outside ids comes once for each.
    /// </summary>
    IReadOnlyList<IdentityRow> ReadIdentities(UInt128 afterIdHash, int limit);

    /// <summary>The same walk with each customer's saved state: one look at the store a page, not one a customer.</summary>
    IReadOnlyList<SavedCustomerRow> ReadSaved(UInt128 afterIdHash, int limit);

    /// <summary>
    /// Hashes above <paramref name="afterIdHash"/> of ids that are somebody's, or were before an erasure; ascending, each once, at most <paramref name="limit"/>.
    /// </summary>
    IReadOnlyList<UInt128> ReadIdHashes(UInt128 afterIdHash, int limit);

    /// <summary>Which of these customers have records that their saved states lack, where one look at the store says so for all; <c>null</c>: each is looked at by itself.</summary>
    IReadOnlySet<CustomerKey>? BehindOf(IReadOnlyList<SavedCustomerRow> saved) => null;

    TombstoneRow? FindTombstone(UInt128 idHash);

    SnapshotRow? LoadSnapshot(CustomerKey customer);

    /// <summary>Records of one customer after a customer sequence, ascending, at most <paramref name="limit"/>.</summary>
    IReadOnlyList<LogRow> ReadCustomer(CustomerKey customer, long afterCustomerSequence, int limit);

    /// <summary>Single records of one customer, by their customer sequences, in any order; those that are not there are left out.</summary>
    /// <param name="customerSequences">Each once.</param>
    IReadOnlyList<LogRow> ReadRecords(CustomerKey customer, IReadOnlyList<long> customerSequences) =>
        [.. customerSequences.SelectMany(sequence => ReadCustomer(customer, sequence - 1, 1).Where(row => row.CustomerSequence == sequence))];

    /// <summary>The first records of each of these customers, in their order: what <see cref="ReadCustomer"/> gives from the beginning, read together.</summary>
    /// <param name="customers">Each once.</param>
    /// <param name="limit">Records of each at most.</param>
    IReadOnlyList<IReadOnlyList<LogRow>> ReadHistories(IReadOnlyList<CustomerKey> customers, int limit) =>
        [.. customers.Select(customer => ReadCustomer(customer, 0, limit))];

    /// <summary>
    /// Whether a read is a trip to another process, so that it pays to ask for many customers at once (<see cref="ReadCustomers"/>). Default: no.
    /// </summary>
    bool IsRemote => false;

    /// <summary>What is stored under each of these ids, in their order.</summary>
    /// <param name="idHashes">Keyed hashes of outside ids; one may come twice.</param>
    /// <param name="tailLimit">How many records after the saved state are read for each.</param>
    IReadOnlyList<StoredCustomer> ReadCustomers(IReadOnlyList<UInt128> idHashes, int tailLimit)
    {
        var found = new List<StoredCustomer>(idHashes.Count);
        foreach (var idHash in idHashes)
        {
            var (tombstone, identity) = (FindTombstone(idHash), FindIdentity(idHash));
            var snapshot = identity is null ? null : LoadSnapshot(identity.Customer);
            var tail = identity is null ? [] : ReadCustomer(identity.Customer, snapshot?.CustomerSequence ?? 0, tailLimit);
            found.Add(new StoredCustomer(idHash, tombstone, identity, snapshot, tail));
        }

        return found;
    }

    /// <summary>What is left of the customer's records that were cut; <c>null</c> when none were. A store that cannot be cut has none.</summary>
    BaseRow? LoadBase(CustomerKey customer) => null;

    /// <summary>The same of everybody, ascending by key after one, at most <paramref name="limit"/>.</summary>
    IReadOnlyList<BaseRow> ReadBases(CustomerKey after, int limit) => [];

    /// <summary>Records with sequence in (after, after + …], ascending, at most <paramref name="limit"/>.</summary>
    IReadOnlyList<LogRow> ReadRange(long afterSequence, int limit);

    LogRow? FindDecision(UInt128 decisionHash);

    CheckpointRow? LoadCheckpoint(string projection);

    CatalogRow? LoadCatalog(int version);

    /// <summary>Newest catalog version; 0 when none was published.</summary>
    int LatestCatalogVersion();

    byte[]? GetValue(string key);

    long TailStart();

    /// <summary>Customers with a record after <paramref name="afterSequence"/>, each once: those whose snapshot is behind.</summary>
    IReadOnlyList<CustomerKey> CustomersWithTail(long afterSequence);

    /// <summary>Customers whose saved due time is at or before <paramref name="atMicros"/>, earliest first.</summary>
    IReadOnlyList<CustomerKey> DueCustomers(long atMicros, int limit);

    /// <summary>Epochs of this log, ascending, with whether each is sealed.</summary>
    IReadOnlyList<(long Epoch, bool Sealed)> Epochs();
}
