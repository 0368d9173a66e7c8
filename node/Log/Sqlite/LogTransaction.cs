using PmOrleans.Decisioning.Identity;
using PmOrleans.Node.Log.Sqlite.Index;
using PmOrleans.Node.Log.Writing;
using PmOrleans.Node.Retention;

namespace PmOrleans.Node.Log.Sqlite;

internal sealed class LogTransaction(SqliteDatabase database, ErasedCustomers erased, LogIndex index, IndexTables tables) : ILogTransaction
{
    private readonly SqliteStatement _savepoint = database.Prepare("SAVEPOINT work");
    private readonly SqliteStatement _release = database.Prepare("RELEASE work");
    private readonly SqliteStatement _rollback = database.Prepare("ROLLBACK TO work");

    // A state that was folded less far than the one saved comes from a slower path and must not win.
    private readonly SqliteStatement _saveSnapshot = database.Prepare(
        "UPDATE snapshot SET customer_sequence=?2, due=?3, state=?4 WHERE customer=?1 AND customer_sequence<=?2");

    private readonly SqliteStatement _addSnapshot = database.Prepare("""
        INSERT INTO snapshot(slot, customer, customer_sequence, due, state)
        VALUES((SELECT slot FROM identity WHERE customer=?1 LIMIT 1), ?1, ?2, ?3, ?4) ON CONFLICT(customer) DO NOTHING
        """);

    // Knowing where it lies: no index is read, and none is written while the due time stays.
    private readonly SqliteStatement _saveInPlace = database.Prepare(
        "UPDATE snapshot SET customer_sequence=?2, state=?3 WHERE place=?1 AND customer=?4 AND customer_sequence<=?2 AND due IS ?5");

    private readonly SqliteStatement _saveTailStart = database.Prepare("INSERT OR REPLACE INTO meta VALUES('tail_start', ?)");
    private readonly SqliteStatement _saveCheckpoint = database.Prepare("INSERT OR REPLACE INTO checkpoint VALUES(?,?,?)");
    private readonly SqliteStatement _latestCatalog = database.Prepare("SELECT coalesce(max(version), 0) FROM catalog");
    private readonly SqliteStatement _addCatalog = database.Prepare("INSERT INTO catalog VALUES(?,?,?,?)");
    private readonly SqliteStatement _setValue = database.Prepare("INSERT OR REPLACE INTO value VALUES(?,?)");
    private readonly SqliteStatement _deleteValue = database.Prepare("DELETE FROM value WHERE key=?");
    private readonly SqliteStatement _getValue = database.Prepare("SELECT value FROM value WHERE key=?");
    private readonly LogErasure _erasure = new(database, erased, index, tables);
    private CutTransaction? _cut;
    private bool _open;

    /// <summary>An erasure was done since this was last set to false.</summary>
    public bool HasErased { get; set; }

    /// <summary>Runs work, behind the record it belongs to, so that they leave all or nothing. What it throws is passed on after the traces of both are gone.</summary>
    /// <param name="tryInsert">Inserts the record, if there is one; the work is not run where it says <c>false</c>.</param>
    /// <returns>Whether the work was run.</returns>
    public bool TryRun(WorkItem item, Func<PendingAppend, bool> tryInsert)
    {
        var hadErased = HasErased;
        var (voided, cutting) = (index.Voided, index.Cutting);
        _savepoint.Run();
        _open = true;
        bool isToRun;
        try
        {
            isToRun = item.Record is not { } record || tryInsert(record);
            if (isToRun) item.Run(this);
        }
        catch when (database.InTransaction)
        {
            _rollback.Run();
            _release.Run();
            erased.Reload();
            index.Unvoid(voided);
            index.CutTo(cutting);
            HasErased = hadErased;
            throw;
        }
        finally
        {
            _open = false;
        }

        _release.Run();
        return isToRun;
    }

    public void SaveSnapshot(SnapshotRow snapshot)
    {
        Check();
        if (erased.Contains(snapshot.Customer) || (snapshot.Place > 0 && TrySaveInPlace(snapshot))) return;
        Save(_saveSnapshot, snapshot);
        if (database.Changes == 0) Save(_addSnapshot, snapshot);
    }

    public void SaveTailStart(long sequence)
    {
        Check();
        _saveTailStart.Bind(1, sequence).Run();
    }

    public void SaveCheckpoint(CheckpointRow checkpoint)
    {
        Check();
        _saveCheckpoint.Bind(1, checkpoint.Projection).Bind(2, checkpoint.Watermark).Bind(3, checkpoint.State).Run();
    }

    public void AddCatalog(CatalogRow catalog)
    {
        Check();
        _latestCatalog.Step();
        var latest = _latestCatalog.Int64(0);
        _latestCatalog.Reset();
        if (catalog.Version != latest + 1)
            throw new InvalidOperationException($"Catalog version {catalog.Version} cannot follow version {latest}.");
        _addCatalog.Bind(1, catalog.Version).Bind(2, catalog.PublishedAtMicros).Bind(3, catalog.Hash).Bind(4, catalog.Bundle).Run();
    }

    public void SetValue(string key, byte[]? value)
    {
        Check();
        if (value is null) _deleteValue.Bind(1, key).Run();
        else _setValue.Bind(1, key).Bind(2, value).Run();
    }

    public void ReplaceValue(string key, byte[]? expected, byte[]? value)
    {
        Check();
        var stored = _getValue.Bind(1, key).Step() ? _getValue.Blob(0).ToArray() : null;
        _getValue.Reset();
        if (stored is null != expected is null || !stored.AsSpan().SequenceEqual(expected))
            throw new InvalidOperationException($"Value '{key}' is another by now.");
        SetValue(key, value);
    }

    public void Erase(CustomerKey customer, IReadOnlyList<TombstoneRow> tombstones)
    {
        Check();
        _erasure.Erase(customer, tombstones);
        HasErased = true;
    }

    /// <summary>Makes the table of bases, for what is cut in later transactions.</summary>
    public void PrepareCut()
    {
        Check();
        LogSchema.EnsureBases(database);
    }

    /// <inheritdoc cref="CutTransaction.TryRun"/>
    public bool TryCut(CutStep step)
    {
        Check();
        _cut ??= new CutTransaction(database);
        if (!_cut.TryRun(step, erased.Contains)) return false;
        index.CutTo(step.Stands.Begin.Sequence);
        return true;
    }

    private static void Save(SqliteStatement statement, SnapshotRow snapshot)
    {
        statement.Bind(1, snapshot.Customer).Bind(2, snapshot.CustomerSequence).Bind(4, snapshot.State);
        if (snapshot.DueMicros == long.MaxValue) statement.BindNull(3);
        else statement.Bind(3, snapshot.DueMicros);
        statement.Run();
    }

    /// <returns><c>false</c> when another state lies there by now, or one with another due time.</returns>
    private bool TrySaveInPlace(SnapshotRow snapshot)
    {
        _saveInPlace.Bind(1, snapshot.Place).Bind(2, snapshot.CustomerSequence).Bind(3, snapshot.State).Bind(4, snapshot.Customer);
        if (snapshot.DueMicros == long.MaxValue) _saveInPlace.BindNull(5);
        else _saveInPlace.Bind(5, snapshot.DueMicros);
        _saveInPlace.Run();
        return database.Changes > 0;
    }

    private void Check()
    {
        if (!_open) throw new InvalidOperationException("A log transaction may be used only inside the call that received it.");
    }
}
