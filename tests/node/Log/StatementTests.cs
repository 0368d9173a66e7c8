using PmOrleans.Node.Log.Sqlite;
using SQLitePCL;

namespace PmOrleans.Node.Tests.Log;

/// <summary>What a prepared statement is prepared for.</summary>
public sealed class StatementTests
{
    /// <summary>SQLITE_STMTSTATUS_REPREPARE.</summary>
    private const int StatusReprepare = 5;

    [Fact]
    public void a_statement_is_compiled_once_however_often_its_limit_is_bound()
    {
        using var database = SqliteDatabase.OpenWriter(":memory:", TimeSpan.Zero);
        database.Execute("CREATE TABLE t(x INTEGER PRIMARY KEY); INSERT INTO t VALUES(1), (2), (3)");
        Assert.Equal(raw.SQLITE_OK, raw.sqlite3_prepare_v2(database.Handle, "SELECT x FROM t WHERE x>? ORDER BY x LIMIT ?", out var prepared));
        using var statement = new SqliteStatement(database.Handle, prepared);

        for (var limit = 1; limit <= 3; limit++)
        {
            statement.Bind(1, 0L).Bind(2, limit).Run();
        }

        Assert.Equal(0, raw.sqlite3_stmt_status(prepared, StatusReprepare, 0));
    }
}
