using PmOrleans.Decisioning.Identity;
using PmOrleans.Node.Log.Sqlite.Index;
using SQLitePCL;

namespace PmOrleans.Node.Log.Sqlite;

/// <summary>The one connection that writes, with the statements of the append path. Replaced as a whole after a doubt.</summary>
internal sealed class WriterConnection : IDisposable
{
    private readonly SqliteDatabase _database;
    private readonly long _epoch;
    private readonly SqliteStatement _begin;
    private readonly SqliteStatement _commit;
    private readonly SqliteStatement _readSeal;
    private readonly SqliteStatement _insertRecord;
    private readonly SqliteStatement _insertIdentity;
    private readonly SqliteStatement _readIdentity;
    private readonly SqliteStatement _readSlot;
    private readonly SqliteStatement _insertKey;
    private readonly LogIndex _index;

    public WriterConnection(SqliteDatabase database, long epoch, LogIndex index)
    {
        _database = database;
        _epoch = epoch;
        _index = index;
        _begin = database.Prepare("BEGIN IMMEDIATE");
        _commit = database.Prepare("COMMIT");
        _readSeal = database.Prepare("SELECT sealed FROM epoch WHERE epoch=?");
        _insertRecord = database.Prepare("INSERT INTO log VALUES(?,?,?,?,?,?,?,?)");
        _insertIdentity = database.Prepare("INSERT INTO identity VALUES(?,?,?)");
        _readIdentity = database.Prepare("SELECT customer FROM identity WHERE id_hash=?");
        _readSlot = database.Prepare("SELECT slot FROM identity WHERE customer=? LIMIT 1");
        _insertKey = database.Prepare("INSERT INTO data_key(key) VALUES(?) RETURNING slot");
        Erased = new ErasedCustomers(database);
        Index = new IndexTables(database, index);
        Transaction = new LogTransaction(database, Erased, index, Index);
    }

    public SqliteDatabase Database => _database;

    public ErasedCustomers Erased { get; }

    public IndexTables Index { get; }

    public LogTransaction Transaction { get; }

    /// <summary>Opens the file as its one writer: made if missing, write-ahead log, fsync on every commit.</summary>
    public static SqliteDatabase Open(SqliteLogOptions options, string path)
    {
        var database = SqliteDatabase.OpenWriter(path, options.BusyTimeout);
        try
        {
            database.Execute($"PRAGMA page_size={options.PageSize}");
            var mode = database.ReadText("PRAGMA journal_mode=WAL");
            if (mode != "wal") throw new SqliteStoreException(raw.SQLITE_IOERR, $"the write-ahead log is not available here (mode '{mode}')");

            // Deleted content is overwritten: erasure promises that no copy stays in free pages.
            database.Execute($"""
                PRAGMA synchronous=FULL;
                PRAGMA secure_delete=ON;
                PRAGMA wal_autocheckpoint=0;
                PRAGMA foreign_keys=OFF;
                PRAGMA temp_store=MEMORY;
                PRAGMA cache_size=-{options.WriterCacheBytes / 1024};
                """);
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>Begins a transaction and takes the write lock; false, and nothing begun, when the epoch is sealed.</summary>
    public bool Begin()
    {
        _begin.Run();
        if (!IsSealed()) return true;
        _database.Rollback();
        return false;
    }

    public bool IsSealed()
    {
        // A missing row is as good as a seal: the file was replaced under us.
        var isSealed = !_readSeal.Bind(1, _epoch).Step() || _readSeal.Int64(0) != 0;
        _readSeal.Reset();
        return isSealed;
    }

    public void Commit() => _commit.Run();

    public void Rollback()
    {
        _database.Rollback();
        Erased.Reload();
    }

    /// <summary>Inserts a record with all that belongs to it, or nothing at all.</summary>
    /// <returns>Why not; null when it is in.</returns>
    public LogFailure? Insert(PendingAppend record, long sequence)
    {
        if (Erased.Contains(record.Customer) && (record.Identity is not null || !record.Personal.IsEmpty))
            return new LogFailure(LogFailureKind.Erased, "The customer was erased.");

        var hasDecision = record.DecisionHash != default;
        if (hasDecision && Index.HasDecision(record.DecisionHash))
            return new LogFailure(LogFailureKind.DecisionClash, "The decision id is in the log already.");
        if (!record.Customer.IsNone && Index.HasRecord(record.Customer, record.CustomerSequence))
            return new LogFailure(LogFailureKind.SequenceClash, $"Customer sequence {record.CustomerSequence} is taken.");
        if (record.Identity is not null && !InsertIdentity(record.Identity))
            return new LogFailure(LogFailureKind.IdentityClash, "The outside id points to another customer.");

        BindRecord(record, sequence, hasDecision).Run();
        _index.Add(sequence, record.Customer, record.CustomerSequence, record.DecisionHash);
        return null;
    }

    /// <summary>Leaves a mark in the epoch's row, so that a doubt about a transaction without records can be settled.</summary>
    public void MarkWork(long mark) => _database.Execute($"UPDATE epoch SET work={mark} WHERE epoch={_epoch}");

    public long ReadWorkMark() => _database.ReadInt64($"SELECT work FROM epoch WHERE epoch={_epoch}") ?? 0;

    /// <summary>Something to commit: proves that the store can be written, and brings earlier commits to the disk.</summary>
    public void Touch() => _database.Execute($"UPDATE epoch SET touched=touched+1 WHERE epoch={_epoch}");

    /// <summary>Takes the room of a good batch and gives it back: throws while the disk is full.</summary>
    public void ProveSpace()
    {
        _database.Execute("SAVEPOINT space");
        _database.Execute("INSERT INTO log VALUES(9223372036854775807, 0, NULL, 0, 0, NULL, x'', zeroblob(65536))");
        _database.Execute("ROLLBACK TO space");
        _database.Execute("RELEASE space");
    }

    /// <summary>Last sequence written under this epoch; 0 for none.</summary>
    public long ReadEnd(long after) =>
        _database.ReadInt64($"SELECT max(sequence) FROM log WHERE sequence>{after} AND epoch={_epoch}") ?? 0;

    public void Dispose() => _database.Dispose();

    private SqliteStatement BindRecord(PendingAppend record, long sequence, bool hasDecision)
    {
        _insertRecord.Bind(1, sequence).Bind(2, _epoch).Bind(4, record.CustomerSequence).Bind(5, record.AtMicros)
            .Bind(7, record.Accounting.Span).Bind(8, record.Personal.Span);
        if (record.Customer.IsNone) _insertRecord.BindNull(3);
        else _insertRecord.Bind(3, record.Customer);
        if (hasDecision) _insertRecord.Bind(6, record.DecisionHash);
        else _insertRecord.BindNull(6);
        return _insertRecord;
    }

    /// <summary>False when the id belongs to somebody else; the same customer once more is no news.</summary>
    private bool InsertIdentity(IdentityRow identity)
    {
        if (OwnerOf(identity.IdHash) is { } owner) return owner == identity.Customer;
        _insertIdentity.Bind(1, identity.IdHash).Bind(2, identity.Customer).Bind(3, SlotOf(identity)).Run();
        return true;
    }

    private CustomerKey? OwnerOf(UInt128 idHash)
    {
        CustomerKey? owner = _readIdentity.Bind(1, idHash).Step() ? _readIdentity.Customer(0) : null;
        _readIdentity.Reset();
        return owner;
    }

    /// <summary>Where the customer's key is: a further id has the place of the first, so that there is one copy to destroy.</summary>
    private long SlotOf(IdentityRow identity)
    {
        var slot = _readSlot.Bind(1, identity.Customer).Step() ? _readSlot.Int64(0) : 0;
        _readSlot.Reset();
        if (slot != 0) return slot;
        _insertKey.Bind(1, identity.DataKey).Step();
        slot = _insertKey.Int64(0);
        _insertKey.Reset();
        return slot;
    }
}
