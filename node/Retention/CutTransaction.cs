using PmOrleans.Node.Log;
using PmOrleans.Node.Log.Sqlite;

namespace PmOrleans.Node.Retention;

/// <summary>Deletes records with all that leads to them and writes the base they leave, in one transaction: whoever reads sees the one or the other.</summary>
internal sealed class CutTransaction(SqliteDatabase database)
{
    private readonly SqliteStatement _saveSnapshot = database.Prepare("""
        INSERT INTO snapshot(slot, customer, customer_sequence, due, state) VALUES((SELECT slot FROM identity WHERE customer=?1 LIMIT 1), ?1, ?2, ?3, ?4)
        ON CONFLICT(customer) DO UPDATE SET customer_sequence=excluded.customer_sequence, due=excluded.due, state=excluded.state
        """);
    private readonly SqliteStatement _saveCheckpoint = database.Prepare("INSERT OR REPLACE INTO checkpoint VALUES(?,?,?)");
    private readonly SqliteStatement _deleteCustomerEntry = database.Prepare("DELETE FROM customer_record WHERE customer=? AND customer_sequence=?");
    private readonly SqliteStatement _deleteDecision = database.Prepare("DELETE FROM decision WHERE hash=? AND sequence=?");
    private readonly SqliteStatement _deleteRecords = database.Prepare("DELETE FROM log WHERE sequence<=?");

    // Of a table that the first transaction makes.
    private SqliteStatement? _saveBase;
    private SqliteStatement? _dropBase;

    public void Run(IReadOnlyList<LogRow> rows, IReadOnlyList<BaseChange> changes, LogBase stands)
    {
        database.Execute("BEGIN IMMEDIATE");
        try
        {
            LogSchema.EnsureBases(database);
            _saveBase ??= database.Prepare("INSERT OR REPLACE INTO base VALUES(?,?,?,?)");
            _dropBase ??= database.Prepare("DELETE FROM base WHERE customer=?");
            foreach (var change in changes)
            {
                Save(change);
            }

            foreach (var row in rows)
            {
                if (!row.Customer.IsNone) _deleteCustomerEntry.Bind(1, row.Customer).Bind(2, row.CustomerSequence).Run();
                if (row.DecisionHash != default) _deleteDecision.Bind(1, row.DecisionHash).Bind(2, row.Sequence).Run();
            }

            _deleteRecords.Bind(1, stands.Begin.Sequence).Run();
            var checkpoint = stands.ToRow();
            _saveCheckpoint.Bind(1, checkpoint.Projection).Bind(2, checkpoint.Watermark).Bind(3, checkpoint.State).Run();
            database.Execute("COMMIT");
        }
        catch
        {
            database.Rollback();
            throw;
        }
    }

    private void Save(BaseChange change)
    {
        if (change.Row is { } row) _saveBase!.Bind(1, row.Customer).Bind(2, row.CustomerSequence).Bind(3, row.Accounting).Bind(4, row.Personal).Run();
        else _dropBase!.Bind(1, change.Customer).Run();

        if (change.Snapshot is not { } snapshot) return;
        _saveSnapshot.Bind(1, snapshot.Customer).Bind(2, snapshot.CustomerSequence).Bind(4, snapshot.State);
        if (snapshot.DueMicros == long.MaxValue) _saveSnapshot.BindNull(3);
        else _saveSnapshot.Bind(3, snapshot.DueMicros);
        _saveSnapshot.Run();
    }
}
