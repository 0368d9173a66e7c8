using SQLitePCL;

namespace PmOrleans.Node.Log.Sqlite;

/// <summary>One connection and its prepared statements. One thread at a time: it is opened without SQLite's own mutex.</summary>
/// <remarks>
/// Straight on SQLitePCL: ADO.NET would allocate parameters, readers and boxed values for every record.
/// </remarks>
internal sealed class SqliteDatabase : IDisposable
{
    private readonly sqlite3 _handle;
    private readonly List<SqliteStatement> _statements = [];

    static SqliteDatabase()
    {
        Batteries_V2.Init();

        // Counting what is allocated takes a lock that all connections of a process share. It holds for the whole process, an embedder's connections included:
        // sqlite3_memory_used says 0 there. Refused, without harm, where SQLite is in use already.
        _ = raw.sqlite3_config(raw.SQLITE_CONFIG_MEMSTATUS, 0);
    }

    private SqliteDatabase(sqlite3 handle) => _handle = handle;

    public sqlite3 Handle => _handle;

    /// <summary>False after SQLite has rolled back on its own account, as it may on a full disk or an I/O error.</summary>
    public bool InTransaction => raw.sqlite3_get_autocommit(_handle) == 0;

    public static SqliteDatabase OpenWriter(string path, TimeSpan busyTimeout) =>
        Open(path, raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE, busyTimeout);

    /// <summary>Opens an existing file for writing.</summary>
    public static SqliteDatabase OpenExisting(string path, TimeSpan busyTimeout) => Open(path, raw.SQLITE_OPEN_READWRITE, busyTimeout);

    public static SqliteDatabase OpenReader(string path, TimeSpan busyTimeout) => Open(path, raw.SQLITE_OPEN_READONLY, busyTimeout);

    public SqliteStatement Prepare(string sql)
    {
        Check(raw.sqlite3_prepare_v3(_handle, sql, raw.SQLITE_PREPARE_PERSISTENT, out var statement));
        var prepared = new SqliteStatement(_handle, statement);
        _statements.Add(prepared);
        return prepared;
    }

    public void Execute(string sql) => Check(raw.sqlite3_exec(_handle, sql));

    /// <summary>First column of the first row; null when there is none.</summary>
    public long? ReadInt64(string sql)
    {
        using var statement = PrepareOnce(sql);
        return statement.Step() && !statement.IsNull(0) ? statement.Int64(0) : null;
    }

    public string? ReadText(string sql)
    {
        using var statement = PrepareOnce(sql);
        return statement.Step() && !statement.IsNull(0) ? statement.Text(0) : null;
    }

    public void SetBusyTimeout(TimeSpan timeout) => Check(raw.sqlite3_busy_timeout(_handle, (int)timeout.TotalMilliseconds));

    /// <summary>Copies the write-ahead log into the database file. False when others keep it from being complete.</summary>
    /// <param name="mode">One of SQLITE_CHECKPOINT_*.</param>
    public bool Checkpoint(int mode)
    {
        var code = raw.sqlite3_wal_checkpoint_v2(_handle, "main", mode, out var frames, out var copied);
        if ((code & 0xFF) == raw.SQLITE_BUSY) return false;
        Check(code);
        return frames == copied;
    }

    /// <summary>Rows that the last statement which changes any has changed.</summary>
    public int Changes => raw.sqlite3_changes(_handle);

    /// <summary>Pages written to the write-ahead log since the last call.</summary>
    public int TakePagesWritten()
    {
        Check(raw.sqlite3_db_status(_handle, raw.SQLITE_DBSTATUS_CACHE_WRITE, out var pages, out _, resetFlg: 1));
        return pages;
    }

    public void Rollback()
    {
        if (InTransaction) Execute("ROLLBACK");
    }

    public void Dispose()
    {
        foreach (var statement in _statements) statement.Dispose();
        _handle.Dispose();
    }

    private static SqliteDatabase Open(string path, int flags, TimeSpan busyTimeout)
    {
        var code = raw.sqlite3_open_v2(path, out var handle, flags | raw.SQLITE_OPEN_NOMUTEX, null);
        if (code != raw.SQLITE_OK)
        {
            var message = raw.sqlite3_errmsg(handle).utf8_to_string();
            handle.Dispose();
            throw new SqliteStoreException(code, message);
        }

        var database = new SqliteDatabase(handle);
        raw.sqlite3_extended_result_codes(handle, 1);

        // Plans that hold whatever is bound: else SQLite compiles a statement anew each time its LIMIT is bound, which costs more than most reads.
        database.Check(raw.sqlite3_db_config(handle, raw.SQLITE_DBCONFIG_ENABLE_QPSG, 1, out _));
        database.SetBusyTimeout(busyTimeout);
        return database;
    }

    private SqliteStatement PrepareOnce(string sql)
    {
        Check(raw.sqlite3_prepare_v2(_handle, sql, out var statement));
        return new SqliteStatement(_handle, statement);
    }

    private void Check(int code)
    {
        if (code != raw.SQLITE_OK) throw new SqliteStoreException(code, raw.sqlite3_errmsg(_handle).utf8_to_string());
    }
}
