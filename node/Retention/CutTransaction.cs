using PmOrleans.Decisioning.Identity;
using PmOrleans.Node.Log.Sqlite;

namespace PmOrleans.Node.Retention;

/// <summary>
/// Deletes records with all that leads to them and writes the base they leave, inside a transaction of the caller's: whoever reads sees the one or the other.
/// For a store that has its table of bases (<see cref="LogSchema.EnsureBases"/>).
/// </summary>
internal sealed class CutTransaction(SqliteDatabase database)
{
    // A state that was saved meanwhile and knows more stays.
    private readonly SqliteStatement _saveSnapshot = database.Prepare("""
        INSERT INTO snapshot(slot, customer, customer_sequence, due, state) VALUES((SELECT slot FROM identity WHERE customer=?1 LIMIT 1), ?1, ?2, ?3, ?4)
        ON CONFLICT(customer) DO UPDATE SET customer_sequence=excluded.customer_sequence, due=excluded.due, state=excluded.state
        WHERE customer_sequence<=excluded.customer_sequence
        """);
    private readonly SqliteStatement _begin = database.Prepare("SELECT coalesce((SELECT watermark FROM checkpoint WHERE projection=?), 0), (SELECT coalesce(max(version), 0) FROM catalog)");
    private readonly SqliteStatement _saveCheckpoint = database.Prepare("INSERT OR REPLACE INTO checkpoint VALUES(?,?,?)");
    private readonly SqliteStatement _deleteCustomerEntry = database.Prepare("DELETE FROM customer_record WHERE customer=? AND customer_sequence=?");
    private readonly SqliteStatement _deleteDecision = database.Prepare("DELETE FROM decision WHERE hash=? AND sequence=?");
    private readonly SqliteStatement _deleteRecords = database.Prepare("DELETE FROM log WHERE sequence<=?");
    private readonly SqliteStatement _saveBase = database.Prepare("INSERT OR REPLACE INTO base VALUES(?,?,?,?)");
    private readonly SqliteStatement _dropBase = database.Prepare("DELETE FROM base WHERE customer=?");

    /// <param name="isErased">Whether a customer's personal parts are gone: none may come back with a base that was folded before.</param>
    /// <returns>
    /// <c>false</c>, and nothing is written: the step was worked out for a log that began elsewhere, under another catalog, or for somebody who was erased since.
    /// </returns>
    public bool TryRun(CutStep step, Predicate<CustomerKey> isErased)
    {
        if (!IsFor(step) || step.Changes.Any(change => change.HasPersonal && isErased(change.Customer)))
        {
            return false;
        }

        foreach (var change in step.Changes)
        {
            Save(change);
        }

        foreach (var row in step.Rows)
        {
            if (!row.Customer.IsNone) _deleteCustomerEntry.Bind(1, row.Customer).Bind(2, row.CustomerSequence).Run();
            if (row.DecisionHash != default) _deleteDecision.Bind(1, row.DecisionHash).Bind(2, row.Sequence).Run();
        }

        _deleteRecords.Bind(1, step.Stands.Begin.Sequence).Run();
        var checkpoint = step.Stands.ToRow();
        _saveCheckpoint.Bind(1, checkpoint.Projection).Bind(2, checkpoint.Watermark).Bind(3, checkpoint.State).Run();
        return true;
    }

    private bool IsFor(CutStep step)
    {
        var isFor = _begin.Bind(1, LogBase.Name).Step() && _begin.Int64(0) == step.From && _begin.Int64(1) == step.CatalogVersion;
        _begin.Reset();
        return isFor;
    }

    private void Save(BaseChange change)
    {
        if (change.Row is { } row) _saveBase.Bind(1, row.Customer).Bind(2, row.CustomerSequence).Bind(3, row.Accounting).Bind(4, row.Personal).Run();
        else _dropBase.Bind(1, change.Customer).Run();

        if (change.Snapshot is not { } snapshot) return;
        _saveSnapshot.Bind(1, snapshot.Customer).Bind(2, snapshot.CustomerSequence).Bind(4, snapshot.State);
        if (snapshot.DueMicros == long.MaxValue) _saveSnapshot.BindNull(3);
        else _saveSnapshot.Bind(3, snapshot.DueMicros);
        _saveSnapshot.Run();
    }
}
