namespace PmOrleans.Node.Log.Sqlite;

/// <summary>One read-only connection with its statements, prepared when first needed. One thread at a time.</summary>
internal sealed class ReaderConnection(SqliteDatabase database) : IDisposable
{
    private readonly Dictionary<string, SqliteStatement> _statements = new(StringComparer.Ordinal);

    /// <param name="sql">One of the few constants of the reader.</param>
    public SqliteStatement Statement(string sql)
    {
        if (_statements.TryGetValue(sql, out var statement)) return statement;
        statement = database.Prepare(sql);
        _statements.Add(sql, statement);
        return statement;
    }

    public void Dispose() => database.Dispose();
}
