using Npgsql;

namespace PmOrleans.Node.Log.Postgres;

/// <summary>
/// Keeps a cut away from whoever has the store open: nodes that write, and whoever reads all of it. A lock of the server's, of one session: it ends with the connection,
/// however that ends. A node that cuts beside the others shares the store with them, and has a second lock for those who read.
/// </summary>
internal static class StoreLock
{
    /// <summary>"PmOL"; the schema's name tells the stores of one database apart.</summary>
    private const string Key = "1349341004, hashtext($1)";

    /// <summary>"PmOR".</summary>
    private const string ReadKey = "1349341010, hashtext($1)";

    /// <summary>"PmOH".</summary>
    private const string HostKey = "1349341000, hashtext($1)";

    /// <summary>For a process that has the store to itself, or for one of several nodes. Waits as long as the connection waits for a lock.</summary>
    /// <returns>The server's process behind the connection.</returns>
    /// <exception cref="PostgresException">That was not long enough.</exception>
    public static int Enter(NpgsqlConnection connection, string schema, bool alone) =>
        (int)Ask(connection, $"SELECT pg_backend_pid() FROM (SELECT pg_advisory_lock{(alone ? "" : "_shared")}({HostKey})) l", schema)!;

    /// <summary>Ends an earlier connection of this process that the server still believes in, so that it does not stand in its own way.</summary>
    /// <param name="process">The server's process behind it.</param>
    public static void EndEarlier(NpgsqlConnection connection, string schema, int process)
    {
        using var command = new NpgsqlCommand(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype='advisory' AND (classid, objid)=(1349341000, hashtext($1)::oid) AND pid=$2", connection);
        command.Parameters.Add(Statement.Text(schema));
        command.Parameters.Add(Statement.Int(process));
        command.ExecuteNonQuery();
    }

    /// <summary>Together with others; <c>false</c> while the logs are cut.</summary>
    public static bool TryShare(NpgsqlConnection connection, string schema) => Ask(connection, "SELECT pg_try_advisory_lock_shared(" + Key + ")", schema) is true;

    /// <summary>The same, as long as the connection waits for a lock.</summary>
    /// <exception cref="PostgresException">That was not long enough.</exception>
    public static void Share(NpgsqlConnection connection, string schema) => Ask(connection, "SELECT pg_advisory_lock_shared(" + Key + ")", schema);

    /// <summary>Alone; <c>false</c> while anybody has the store open.</summary>
    public static bool TryTake(NpgsqlConnection connection, string schema) => Ask(connection, "SELECT pg_try_advisory_lock(" + Key + ")", schema) is true;

    /// <summary>For one who reads all of the store beside its nodes: they cut nothing while the connection lasts. Waits for a transaction of a cut.</summary>
    public static void ShareReading(NpgsqlConnection connection, string schema) => Ask(connection, "SELECT pg_advisory_lock_shared(" + ReadKey + ")", schema);

    /// <summary>For the transaction of one who cuts beside nodes; <c>false</c> while somebody reads all of the store.</summary>
    public static bool TryCut(NpgsqlConnection connection, string schema) => Ask(connection, "SELECT pg_try_advisory_xact_lock(" + ReadKey + ")", schema) is true;

    private static object? Ask(NpgsqlConnection connection, string sql, string schema)
    {
        using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.Add(Statement.Text(schema));
        return command.ExecuteScalar();
    }
}
