using System.Buffers.Binary;
using PmOrleans.Decisioning.Identity;
using SQLitePCL;

namespace PmOrleans.Node.Log.Sqlite;

/// <summary>A prepared statement; columns and parameters are bound and read as spans, so that a step allocates nothing. One thread at a time.</summary>
internal sealed class SqliteStatement(sqlite3 connection, sqlite3_stmt statement) : IDisposable
{
    public SqliteStatement Bind(int parameter, long value)
    {
        Check(raw.sqlite3_bind_int64(statement, parameter, value));
        return this;
    }

    public SqliteStatement Bind(int parameter, ReadOnlySpan<byte> value)
    {
        // An empty span has no address, which SQLite would read as NULL.
        Check(value.IsEmpty ? raw.sqlite3_bind_zeroblob(statement, parameter, 0) : raw.sqlite3_bind_blob(statement, parameter, value));
        return this;
    }

    public SqliteStatement Bind(int parameter, string value)
    {
        Check(raw.sqlite3_bind_text(statement, parameter, value));
        return this;
    }

    public SqliteStatement Bind(int parameter, UInt128 value)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, value);
        return Bind(parameter, bytes);
    }

    public SqliteStatement Bind(int parameter, CustomerKey customer)
    {
        Span<byte> bytes = stackalloc byte[CustomerKey.Size];
        customer.Write(bytes);
        return Bind(parameter, bytes);
    }

    public SqliteStatement BindNull(int parameter)
    {
        Check(raw.sqlite3_bind_null(statement, parameter));
        return this;
    }

    /// <summary>Whether there is a row. Throws on any error.</summary>
    public bool Step()
    {
        var code = raw.sqlite3_step(statement);
        if (code == raw.SQLITE_ROW) return true;
        if (code == raw.SQLITE_DONE) return false;
        var message = raw.sqlite3_errmsg(connection).utf8_to_string();
        Reset();
        throw new SqliteStoreException(code, message);
    }

    /// <summary>Runs to the end and makes it ready for the next time.</summary>
    public void Run()
    {
        while (Step())
        {
        }

        Reset();
    }

    /// <summary>Ends a read: until then it holds the connection's read transaction open. The code repeats the last step's, which was dealt with.</summary>
    public void Reset() => raw.sqlite3_reset(statement);

    public bool IsNull(int column) => raw.sqlite3_column_type(statement, column) == raw.SQLITE_NULL;

    public long Int64(int column) => raw.sqlite3_column_int64(statement, column);

    /// <summary>Empty for NULL.</summary>
    public ReadOnlySpan<byte> Blob(int column) => raw.sqlite3_column_blob(statement, column);

    public string Text(int column) => raw.sqlite3_column_text(statement, column).utf8_to_string();

    /// <summary>None where there is none.</summary>
    public CustomerKey Customer(int column) => Blob(column) is { IsEmpty: false } bytes ? CustomerKey.Read(bytes) : default;

    /// <summary>0 where there is none.</summary>
    public UInt128 Hash(int column) => Blob(column) is { IsEmpty: false } bytes ? BinaryPrimitives.ReadUInt128BigEndian(bytes) : default;

    public void Dispose() => statement.Dispose();

    private void Check(int code)
    {
        if (code != raw.SQLITE_OK) throw new SqliteStoreException(code, raw.sqlite3_errmsg(connection).utf8_to_string());
    }
}
