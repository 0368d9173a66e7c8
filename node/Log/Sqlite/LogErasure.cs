using PmOrleans.Decisioning.Identity;
using PmOrleans.Node.Log.Sqlite.Index;

namespace PmOrleans.Node.Log.Sqlite;

/// <summary>
/// Takes a customer out of every table but the accounting parts of the log. The connection overwrites what it deletes; the write-ahead log is
/// emptied by the writer after the commit.
/// </summary>
internal sealed class LogErasure(SqliteDatabase database, ErasedCustomers erased, LogIndex index, IndexTables tables)
{
    private readonly SqliteStatement _deleteDecisions = database.Prepare(
        """
        DELETE FROM decision WHERE hash IN (
            SELECT l.decision FROM customer_record c JOIN log l ON l.sequence=c.sequence WHERE c.customer=? AND l.decision IS NOT NULL)
        """);

    private readonly SqliteStatement _readDecisions = database.Prepare(
        "SELECT l.sequence FROM customer_record c JOIN log l ON l.sequence=c.sequence WHERE c.customer=? AND l.decision IS NOT NULL");

    // The decision's hash goes as well: from here a start after a crash would bring it back into the index.
    private readonly SqliteStatement _emptyRecords = database.Prepare(
        """
        UPDATE log SET personal=zeroblob(0), decision=NULL
        WHERE sequence IN (SELECT sequence FROM customer_record WHERE customer=?) AND (length(personal)>0 OR decision IS NOT NULL)
        """);

    // In its place and of the same length: see LogSchema.
    private readonly SqliteStatement _overwriteKey = database.Prepare(
        "UPDATE data_key SET key=zeroblob(length(key)) WHERE slot IN (SELECT slot FROM identity WHERE customer=?)");

    private readonly SqliteStatement _deleteIdentities = database.Prepare("DELETE FROM identity WHERE customer=?");
    private readonly SqliteStatement _deleteSnapshot = database.Prepare("DELETE FROM snapshot WHERE customer=?");
    private readonly SqliteStatement _readTombstone = database.Prepare("SELECT message_hashes FROM tombstone WHERE id_hash=?");
    private readonly SqliteStatement _saveTombstone = database.Prepare("INSERT OR REPLACE INTO tombstone VALUES(?,?,?)");

    // Of a table that the first cut makes.
    private SqliteStatement? _emptyBase;

    public void Erase(CustomerKey customer, IReadOnlyList<TombstoneRow> tombstones)
    {
        if (customer.IsNone) throw new ArgumentException("The node's own records belong to nobody.", nameof(customer));
        tables.WriteCustomer(customer);
        VoidDecisions(customer);
        _deleteDecisions.Bind(1, customer).Run();
        _emptyRecords.Bind(1, customer).Run();
        _overwriteKey.Bind(1, customer).Run();
        _deleteIdentities.Bind(1, customer).Run();
        _deleteSnapshot.Bind(1, customer).Run();
        EmptyBase(customer);
        erased.Add(customer);
        foreach (var tombstone in tombstones)
            _saveTombstone.Bind(1, tombstone.IdHash).Bind(2, tombstone.ErasedAtMicros).Bind(3, WithEarlier(tombstone)).Run();
    }

    private void EmptyBase(CustomerKey customer)
    {
        if (_emptyBase is null && LogSchema.HasBases(database)) _emptyBase = database.Prepare("UPDATE base SET personal=zeroblob(0) WHERE customer=?");
        _emptyBase?.Bind(1, customer).Run();
    }

    private void VoidDecisions(CustomerKey customer)
    {
        _readDecisions.Bind(1, customer);
        while (_readDecisions.Step()) index.VoidDecision(_readDecisions.Int64(0));
        _readDecisions.Reset();
    }

    /// <summary>An id that came back and is erased once more keeps dropping the messages of its first life.</summary>
    private byte[] WithEarlier(TombstoneRow tombstone)
    {
        var found = _readTombstone.Bind(1, tombstone.IdHash).Step();
        byte[] hashes = found ? [.. _readTombstone.Blob(0), .. tombstone.MessageHashes] : tombstone.MessageHashes;
        _readTombstone.Reset();
        return hashes;
    }
}
