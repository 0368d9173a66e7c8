using Npgsql;

namespace PmOrleans.Grains.Cluster;

/// <summary>Makes the tables of Orleans' membership once, whoever comes first.</summary>
internal static class MembershipTables
{
    private const string Script = "PmOrleans.Grains.orleans-cluster.sql";

    // Beside the lock of the node store's tables: two silos that make tables in one database wait for each other.
    private const long CreationLock = 0x506D4F4C_0002;

    /// <param name="source">Of sessions with the schema first in their path.</param>
    /// <exception cref="NpgsqlException">Server unavailable, or the role may not create tables.</exception>
    public static async Task EnsureAsync(NpgsqlDataSource source, string schema, CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
        if (await HasTablesAsync(connection, schema, cancellation))
        {
            return;
        }

        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await ExecuteAsync(connection, $"SELECT pg_advisory_xact_lock({CreationLock})", cancellation);

        // Whoever held the lock may have made them.
        if (await HasTablesAsync(connection, schema, cancellation))
        {
            return;
        }

        await ExecuteAsync(connection, $"CREATE SCHEMA IF NOT EXISTS {schema}", cancellation);
        await ExecuteAsync(connection, await ReadScriptAsync(), cancellation);
        await transaction.CommitAsync(cancellation);
    }

    private static async Task<bool> HasTablesAsync(NpgsqlConnection connection, string schema, CancellationToken cancellation)
    {
        // By the tables' own rows: a look-up by name would answer from what this session remembers, also once another one has made them.
        await using var command = new NpgsqlCommand("SELECT EXISTS(SELECT 1 FROM pg_tables WHERE schemaname=$1 AND tablename='orleansmembershiptable')", connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = schema });
        return (bool)(await command.ExecuteScalarAsync(cancellation))!;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private static async Task<string> ReadScriptAsync()
    {
        await using var stream = typeof(MembershipTables).Assembly.GetManifestResourceStream(Script)!;
        using var reader = new StreamReader(stream);

        // Its queries have parameters of their own, with @: they are text here.
        return await reader.ReadToEndAsync();
    }
}
