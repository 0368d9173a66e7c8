using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Identity;
using PmOrleans.Decisioning.Profiles;
using PmOrleans.Node.Log;
using PmOrleans.Node.Privacy;
using PmOrleans.Node.Retention;

namespace PmOrleans.Node.Customers;

/// <summary>Brings customers back from the store: snapshot and tail, or the whole history when the definitions they were folded with have changed.</summary>
public sealed class CustomerLoader(INodeLog log, DirtyCustomers dirty, NodeHashes hashes)
{
    private const int Page = 512;

    /// <summary>Pairs of definitions remembered: after a publish there are as many as versions that sleeping customers were folded with.</summary>
    private const int MostChanges = 64;

    private readonly ConcurrentDictionary<(ulong Folded, ulong Live), DefinitionsChange?> _changes = new();

    /// <summary>Finds an earlier catalog by the hash of its definitions; without it, other definitions always mean folding the whole history.</summary>
    public Func<ulong, CatalogSnapshot?>? FindDefinitions { get; init; }

    /// <summary>Finds a published version of the catalog: definitions that a customer's cut history was folded with.</summary>
    public Func<int, CatalogSnapshot?>? FindVersion { get; init; }

    /// <summary>Fills a cell that is not loaded. A customer nobody knows stays without a state, one found by an alias lives under the first id.</summary>
    /// <param name="stored">What the store has, when it was read already.</param>
    public void Load(CustomerCell cell, CatalogSnapshot catalog, StoredCustomer? stored = null)
    {
        // Also for a customer that came back under an erased id: redeliveries of what was erased must still be dropped.
        cell.Tombstone = stored is null ? log.Reader.FindTombstone(cell.IdHash) : stored.Tombstone;
        if ((stored is null ? log.Reader.FindIdentity(cell.IdHash) : stored.Identity) is { } identity)
        {
            var saved = new SavedCustomerRow(identity, stored is null ? log.Reader.LoadSnapshot(identity.Customer) : stored.Snapshot);
            using var cipher = new CustomerCipher(identity.DataKey);
            var state = Load(saved, cipher, catalog, hasTail: true, stored?.Tail, mayBeCut: log.Reader.IsRemote && stored is null, out var tailStart, out var asSaved);
            if (state.FirstId is { } first && hashes.Identity.Hash128(first) is var home && home != cell.IdHash)
            {
                cell.LivesAt = home;
            }
            else
            {
                (cell.DataKey, cell.State) = (identity.DataKey, state);
                if (tailStart > 0 && cell.DirtySince == 0)
                {
                    // A record that another node wrote has that node's sequence: whatever is written here comes after the end of this log.
                    dirty.Requeue(cell, Math.Min(tailStart, log.CommittedSequence + 1));
                }
                else if (!asSaved)
                {
                    cell.SaveAgain(log.CommittedSequence + 1);
                }
            }
        }

        cell.IsLoaded = true;
    }

    /// <summary>
    /// Fills a cell, of whatever id of the customer, with what can still be read of one who cannot be loaded: enough to end what is open and to erase the rest, and
    /// nothing to decide by.
    /// </summary>
    public void LoadRest(CustomerCell cell, CatalogSnapshot catalog)
    {
        cell.Tombstone = log.Reader.FindTombstone(cell.IdHash);
        if (log.Reader.FindIdentity(cell.IdHash) is { } identity)
        {
            (cell.DataKey, cell.State) = (identity.DataKey, FoldRest(identity, catalog));
        }

        cell.IsLoaded = true;
    }

    /// <summary>A customer as saved, not brought to life, for whoever only looks: perhaps as of the moment when the row was read.</summary>
    /// <param name="hasTail">Whether there may be records that the saved state lacks; if not, the log is not asked.</param>
    public CustomerState Read(SavedCustomerRow row, CatalogSnapshot catalog, bool hasTail)
    {
        using var cipher = new CustomerCipher(row.Identity.DataKey);
        return Load(row, cipher, catalog, hasTail, tail: null, mayBeCut: false, out _, out _);
    }

    /// <summary>A customer as saved, where the live definitions need no history.</summary>
    /// <param name="cipher">The customer's.</param>
    /// <param name="hasTail">As for <see cref="Read(SavedCustomerRow, CatalogSnapshot, bool)"/>.</param>
    /// <param name="tailStart">Node sequence of the first record that the saved state lacks; 0 when it lacks none.</param>
    /// <param name="asSaved">Whether it is the saved state with its tail; otherwise it was brought to other definitions, and saving it will spare that next time.</param>
    /// <returns><c>false</c> when they do, or the log was cut behind the saved state; then <see cref="Fold(SavedCustomerRow, CustomerCipher, CatalogSnapshot, IReadOnlyList{LogRow}, FoldRoom, out long)"/> has to follow.</returns>
    internal bool TryLoad(
        SavedCustomerRow row, CustomerCipher cipher, CatalogSnapshot catalog, bool hasTail, [NotNullWhen(true)] out CustomerState? state, out long tailStart, out bool asSaved) =>
        TryLoad(row, cipher, catalog, hasTail, tail: null, mayBeCut: log.Reader.IsRemote, out state, out tailStart, out asSaved);

    /// <summary>The first records of customers, read together, for <see cref="Fold(SavedCustomerRow, CustomerCipher, CatalogSnapshot, IReadOnlyList{LogRow}, FoldRoom, out long)"/>.</summary>
    internal IReadOnlyList<IReadOnlyList<LogRow>> ReadHistories(IReadOnlyList<CustomerKey> customers) => log.Reader.ReadHistories(customers, CustomerReads.Tail);

    /// <summary>A customer out of the whole history, or what the log still has of it.</summary>
    /// <param name="history">The first records, as <see cref="ReadHistories"/> gave them; what comes after them is read.</param>
    /// <param name="tailStart">Node sequence of the first record that the saved state lacks; 0 when it lacks none.</param>
    /// <param name="room">Lent to the state, if it is no base's.</param>
    internal CustomerState Fold(
        SavedCustomerRow row, CustomerCipher cipher, CatalogSnapshot catalog, IReadOnlyList<LogRow> history, FoldRoom room, out long tailStart)
    {
        return FoldAnew(row.Identity.Customer, row.Identity.DataKey, cipher, catalog, row.Snapshot?.CustomerSequence ?? 0, history, room, out tailStart);
    }

    /// <summary>Brings a state to the definitions of a catalog where that needs no history.</summary>
    public bool TryRedefine(CustomerState state, CatalogSnapshot catalog) =>
        ChangeFrom(state.DefinitionsHash, catalog) is { } change && state.TryRedefine(change, catalog);

    /// <summary>What lies between definitions and the live ones; <c>null</c>: more than a saved state can be brought over.</summary>
    private DefinitionsChange? ChangeFrom(ulong folded, CatalogSnapshot catalog)
    {
        var pair = (folded, catalog.DefinitionsHash);
        if (!_changes.TryGetValue(pair, out var change))
        {
            if (_changes.Count >= MostChanges)
            {
                _changes.Clear();
            }

            change = FindDefinitions?.Invoke(folded) is { } before ? DefinitionsChange.Between(before, catalog) : null;
            _changes[pair] = change;
        }

        return change;
    }

    private CustomerState FoldRest(IdentityRow identity, CatalogSnapshot catalog)
    {
        using var cipher = new CustomerCipher(identity.DataKey);
        var state = (log.Reader.LoadSnapshot(identity.Customer) is { } snapshot ? Read(snapshot, cipher, catalog) : null) ?? Begin(identity.Customer, identity.DataKey, catalog);
        var facts = new List<Fact>();
        for (var after = state.Sequence; log.Reader.ReadCustomer(identity.Customer, after, Page) is { Count: > 0 } rows; after = rows[^1].CustomerSequence)
        {
            foreach (var row in rows)
            {
                // Without its personal part a record still says what was decided, spent and won.
                if (!TryApply(row, isWhole: true) && state.Sequence < row.CustomerSequence)
                {
                    TryApply(row, isWhole: false);
                }
            }
        }

        return state;

        bool TryApply(LogRow row, bool isWhole)
        {
            try
            {
                FactCodec.ReadToFold(row.Accounting, isWhole ? cipher.Decrypt(row.Personal) : [], catalog, facts);
                foreach (var fact in facts)
                {
                    state.Apply(fact, row.CustomerSequence, catalog);
                }

                return true;
            }
            catch (Exception damaged) when (damaged is not NodeLogException)
            {
                return false;
            }
        }
    }

    /// <summary>Folds the whole history, or what the log still has of it, with the definitions of a catalog.</summary>
    public CustomerState Refold(CustomerKey customer, byte[] dataKey, CatalogSnapshot catalog)
    {
        using var cipher = new CustomerCipher(dataKey);
        return FoldAnew(customer, dataKey, cipher, catalog, 0, known: null, room: null, out _);
    }

    /// <summary>A record's facts, personal parts included.</summary>
    public static List<Fact> Decode(LogRow row, byte[]? dataKey) =>
        FactCodec.Read(row.Accounting, dataKey is null ? [] : PersonalCipher.Decrypt(dataKey, row.Personal));

    /// <param name="tail">The first records after the saved state, when they were read already.</param>
    /// <param name="mayBeCut">Whether it is to be found out that all records after it are cut by now. In a folder nothing is that was not saved long since, and what was read together is of one moment.</param>
    private CustomerState Load(
        SavedCustomerRow row, CustomerCipher cipher, CatalogSnapshot catalog, bool hasTail, IReadOnlyList<LogRow>? tail, bool mayBeCut, out long tailStart, out bool asSaved)
    {
        if (TryLoad(row, cipher, catalog, hasTail, tail, mayBeCut, out var saved, out tailStart, out asSaved))
        {
            return saved;
        }

        // Without a saved state the tail begins with the first record.
        return FoldAnew(
            row.Identity.Customer, row.Identity.DataKey, cipher, catalog, row.Snapshot?.CustomerSequence ?? 0, row.Snapshot is null ? tail : null, room: null, out tailStart);
    }

    private bool TryLoad(
        SavedCustomerRow row,
        CustomerCipher cipher,
        CatalogSnapshot catalog,
        bool hasTail,
        IReadOnlyList<LogRow>? tail,
        bool mayBeCut,
        [NotNullWhen(true)] out CustomerState? state,
        out long tailStart,
        out bool asSaved)
    {
        if (row.Snapshot is { } snapshot && Read(snapshot, cipher, catalog) is { } saved)
        {
            asSaved = saved.DefinitionsHash == catalog.DefinitionsHash;
            if (asSaved || TryRedefine(saved, catalog))
            {
                // What is cut is saved, but perhaps it was not yet when the saved state was read.
                tailStart = 0;
                if (!hasTail || TryFold(saved, cipher, catalog, saved.Sequence, tail, mayBeCut, out tailStart))
                {
                    state = saved;
                    return true;
                }
            }
        }

        (state, tailStart, asSaved) = (null, 0, false);
        return false;
    }

    /// <summary>What the fold begins with: nothing, or the state as of where the log was cut.</summary>
    private CustomerState Begin(CustomerKey customer, byte[] dataKey, CatalogSnapshot catalog)
    {
        if (log.Reader.LoadBase(customer) is { } row)
        {
            return CustomerBase.Restore(row, dataKey, version => FindVersion?.Invoke(version), catalog);
        }

        var state = new CustomerState(customer);
        state.BeginDefinitions(catalog);
        return state;
    }

    /// <summary><c>null</c> when damaged or of another format, or when the history is needed anyhow: a snapshot only saves time, the log has it all.</summary>
    private CustomerState? Read(SnapshotRow snapshot, CustomerCipher cipher, CatalogSnapshot catalog)
    {
        try
        {
            var plain = cipher.Decrypt(snapshot.State);
            var folded = CustomerState.DefinitionsOf(plain);
            return folded == catalog.DefinitionsHash || (ChangeFrom(folded, catalog) is { } change && !CustomerState.NeedsHistory(plain, change))
                ? CustomerState.Read(snapshot.Customer, plain)
                : null;
        }
        catch (Exception damaged) when (damaged is CorruptDataException or CryptographicException or OverflowException)
        {
            return null;
        }
    }

    /// <summary>What the log has of a customer, from its begin. The log may be cut meanwhile: then the begin is another, and it is begun anew.</summary>
    /// <param name="room">Lent to the state, if it is no base's.</param>
    private CustomerState FoldAnew(
        CustomerKey customer, byte[] dataKey, CustomerCipher cipher, CatalogSnapshot catalog, long savedSequence, IReadOnlyList<LogRow>? known, FoldRoom? room, out long tailStart)
    {
        while (true)
        {
            var state = Begin(customer, dataKey, catalog);
            if (state.Sequence == 0)
            {
                room?.LendTo(state);
            }

            if (TryFold(state, cipher, catalog, savedSequence, known, mayBeCut: true, out tailStart))
            {
                return state;
            }

            known = null;
        }
    }

    /// <param name="known">The first records after the state's, when they were read already, perhaps with some that the state has; what comes after them is read.</param>
    /// <param name="mayBeCut">Whether all records after the state's may be cut from the log by now; that some are between it and what was read is seen in any case.</param>
    /// <param name="first">Node sequence of the first record after <paramref name="savedSequence"/>; 0 when there is none.</param>
    /// <returns><c>false</c>: records were cut from the log since the state was read.</returns>
    private bool TryFold(
        CustomerState state, CustomerCipher cipher, CatalogSnapshot catalog, long savedSequence, IReadOnlyList<LogRow>? known, bool mayBeCut, out long first)
    {
        bool IsCutBehind() => (log.Reader.LoadBase(state.Key)?.CustomerSequence ?? 0) > state.Sequence;

        first = 0;
        var facts = new List<Fact>();
        while (true)
        {
            var rows = known ?? log.Reader.ReadCustomer(state.Key, state.Sequence, Page);
            var mayHaveMore = rows.Count >= (known is null ? Page : CustomerReads.Tail);
            known = null;
            foreach (var row in rows)
            {
                if (row.CustomerSequence <= state.Sequence)
                {
                    continue;
                }

                if (row.CustomerSequence > state.Sequence + 1 && IsCutBehind())
                {
                    return false;
                }

                first = first == 0 && row.CustomerSequence > savedSequence ? row.Sequence : first;
                FactCodec.ReadToFold(row.Accounting, cipher.Decrypt(row.Personal), catalog, facts);
                foreach (var fact in facts)
                {
                    state.Apply(fact, row.CustomerSequence, catalog);
                }

                state.Prune();
            }

            if (!mayHaveMore)
            {
                return rows.Count > 0 || !mayBeCut || !IsCutBehind();
            }
        }
    }
}
