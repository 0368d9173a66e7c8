using Npgsql;
using NpgsqlTypes;
using PmOrleans.Node.Log.Postgres;
using PmOrleans.Node.Refolding;

namespace PmOrleans.Node.Log;

/// <summary>
/// The database that the nodes of a cluster share, without a writer of its own: what a node that takes over, an owner, or an operator does to it. Any process,
/// any thread, also while the nodes write.
/// </summary>
public sealed partial class PostgresStore : IAsyncDisposable, IDisposable
{
    private const string Nodes = "SELECT n.name, e.epoch, e.sealed, e.last_sequence FROM epoch e JOIN node n ON n.id=e.node ORDER BY n.name, e.epoch";

    private readonly NpgsqlDataSource _source;
    private readonly string _connectionString;
    private readonly string _schema;
    private readonly TimeSpan _serverTimeout;

    internal PostgresStore(string connectionString, string schema, int maxReaders, TimeSpan serverTimeout)
    {
        (_connectionString, _schema, _serverTimeout) = (connectionString, schema, serverTimeout);
        _source = StoreConnections.Readers(connectionString, schema, maxReaders, serverTimeout);
    }

    /// <summary>Connects to a store that exists.</summary>
    /// <exception cref="NodeLogException">Server unavailable, no store there, another format.</exception>
    public static async Task<PostgresStore> OpenAsync(
        string connectionString, string schema = "pmorleans", CancellationToken cancellation = default)
    {
        var store = new PostgresStore(connectionString, schema, maxReaders: 16, TimeSpan.FromSeconds(5));
        try
        {
            await store.ReadAsync(
                "looked at",
                connection =>
                {
                    StoreSchema.Check(connection, schema);
                    return Task.FromResult(true);
                },
                cancellation);
            return store;
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }
    }

    /// <summary>For who keeps tables of its own beside a store's: the same server, of several the one that can be written, and sessions with the same settings.</summary>
    /// <param name="application">The name under which the server shows its sessions.</param>
    /// <returns>A connection string.</returns>
    /// <exception cref="NodeLogException">The connection string cannot be read, or names no server.</exception>
    public static string SessionsBeside(string connectionString, string schema, string application) => Beside(connectionString, schema, application).ConnectionString;

    /// <summary>The same, one connection at a time, each of them looked at as the store's are. The caller's to dispose.</summary>
    /// <inheritdoc cref="SessionsBeside"/>
    /// <returns>Its connections throw <see cref="NodeLogException"/> where something between drops the settings of a session.</returns>
    public static NpgsqlDataSource OpenBeside(string connectionString, string schema, string application)
    {
        var builder = Beside(connectionString, schema, application);
        builder.Pooling = false;
        return StoreConnections.Source(builder);
    }

    /// <summary>The store's secret, key of every hash of ids and seeds.</summary>
    /// <exception cref="NodeLogException">The server is unavailable.</exception>
    public Task<byte[]> SecretAsync(CancellationToken cancellation = default) =>
        ReadAsync("read", connection => Task.FromResult(StoreSchema.ReadSecret(connection)), cancellation);

    /// <summary>What time it is by the server's clock.</summary>
    /// <exception cref="NodeLogException">The server is unavailable.</exception>
    public Task<DateTimeOffset> ClockAsync(CancellationToken cancellation = default) => ReadAsync(
        "read",
        async connection =>
        {
            await using var command = new NpgsqlCommand("SELECT clock_timestamp()", connection);
            return new DateTimeOffset((DateTime)(await command.ExecuteScalarAsync(cancellation))!);
        },
        cancellation);

    /// <summary>All epochs of all nodes, by name and epoch.</summary>
    /// <exception cref="NodeLogException">The server is unavailable.</exception>
    public Task<IReadOnlyList<NodeEpoch>> NodesAsync(CancellationToken cancellation = default) =>
        ReadAsync(
            "read",
            async connection =>
            {
                await using var command = new NpgsqlCommand(Nodes, connection);
                return await NodesAsync(await command.ExecuteReaderAsync(cancellation), cancellation);
            },
            cancellation);

    /// <summary>All who may write, each with what its node has said under a key.</summary>
    /// <param name="key">A node's own: it begins with <c>node.</c>.</param>
    /// <exception cref="NodeLogException">The server is unavailable.</exception>
    internal Task<IReadOnlyList<SweepWriter>> WritersAsync(string key, CancellationToken cancellation) => ReadAsync<IReadOnlyList<SweepWriter>>(
        "read",
        async connection =>
        {
            await using var command = new NpgsqlCommand(
                "SELECT e.epoch, n.name, v.value FROM epoch e JOIN node n ON n.id=e.node LEFT JOIN value v ON v.node=e.node AND v.key=$1 WHERE NOT e.sealed", connection);
            command.Parameters.Add(Statement.Text(key));
            await using var rows = await command.ExecuteReaderAsync(cancellation);
            var writers = new List<SweepWriter>();
            while (await rows.ReadAsync(cancellation))
                writers.Add(new SweepWriter(rows.GetInt64(0), rows.GetString(1), rows.IsDBNull(2) ? null : rows.GetFieldValue<byte[]>(2)));
            return writers;
        },
        cancellation);

    /// <summary>
    /// Seals an epoch: from the moment this returns, whoever writes under it can write nothing more, frozen or not. Waits for a transaction of the epoch that
    /// is under way; one whose process froze inside it is ended by the server within seconds. Sealing again changes nothing.
    /// </summary>
    /// <returns>The last sequence written under this epoch, final; 0 when it wrote nothing.</returns>
    /// <exception cref="NodeLogException">The server is unavailable.</exception>
    /// <exception cref="ArgumentOutOfRangeException">This epoch of this node was never begun.</exception>
    public Task<long> SealAsync(string node, long epoch, CancellationToken cancellation = default) => ReadAsync(
        "sealed",
        async connection =>
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellation);

            // Longer than an idle transaction may last.
            await using (var patience = new NpgsqlCommand("SET LOCAL lock_timeout='10s'", connection)) await patience.ExecuteNonQueryAsync(cancellation);
            await using var seal = new NpgsqlCommand(
                "UPDATE epoch SET sealed=true WHERE node=(SELECT id FROM node WHERE name=$1) AND epoch=$2 RETURNING last_sequence", connection);
            seal.Parameters.Add(Statement.Text(node));
            seal.Parameters.Add(Statement.Number(epoch));
            seal.CommandTimeout = 15;
            var end = (long?)await seal.ExecuteScalarAsync(cancellation)
                ?? throw new ArgumentOutOfRangeException(nameof(epoch), epoch, $"This epoch of node '{node}' was never begun.");
            await transaction.CommitAsync(cancellation);
            return end;
        },
        cancellation);

    /// <summary>The log of a node and the customers of the cluster. A name that never was reads as an empty log.</summary>
    public ILogReader ReaderOf(string node) => LogOf(node);

    /// <summary>What an owner has saved; null before the first time.</summary>
    /// <exception cref="NodeLogException">The server is unavailable.</exception>
    public Task<OwnerRow?> LoadOwnerAsync(string owner, CancellationToken cancellation = default) => ReadAsync(
        "read",
        async connection =>
        {
            await using var command = new NpgsqlCommand(
                """
                SELECT o.version, o.state, w.node, w.watermark FROM owner o LEFT JOIN owner_watermark w ON w.owner=o.name WHERE o.name=$1
                """,
                connection);
            command.Parameters.Add(Statement.Text(owner));
            await using var rows = await command.ExecuteReaderAsync(cancellation);
            OwnerRow? row = null;
            var watermarks = new Dictionary<string, long>(StringComparer.Ordinal);
            while (await rows.ReadAsync(cancellation))
            {
                row ??= new OwnerRow(owner, rows.GetInt64(0), watermarks, rows.GetFieldValue<byte[]>(1));
                if (!rows.IsDBNull(2)) watermarks.Add(rows.GetString(2), rows.GetInt64(3));
            }

            return row;
        },
        cancellation);

    /// <summary>Saves state and watermarks in one transaction, if the version is still the one that was read.</summary>
    /// <returns>The new version; null when somebody else has saved meanwhile, and nothing was written.</returns>
    /// <exception cref="NodeLogException">The server is unavailable; perhaps it was saved, perhaps not: read again.</exception>
    public Task<long?> TrySaveOwnerAsync(OwnerRow row, CancellationToken cancellation = default) => ReadAsync(
        "written",
        async connection =>
        {
            await using var command = new NpgsqlCommand(
                """
                WITH saved AS (
                    INSERT INTO owner(name, version, state) SELECT $1, 1, $3 WHERE $2=0
                    ON CONFLICT (name) DO NOTHING RETURNING version),
                changed AS (UPDATE owner SET version=version+1, state=$3 WHERE name=$1 AND version=$2 AND $2>0 RETURNING version),
                done AS (SELECT version FROM saved UNION ALL SELECT version FROM changed),
                marked AS (
                    INSERT INTO owner_watermark(owner, node, watermark) SELECT $1, w.node, w.watermark FROM unnest($4, $5) AS w(node, watermark), done
                    ON CONFLICT (owner, node) DO UPDATE SET watermark=excluded.watermark)
                SELECT version FROM done
                """,
                connection);
            command.Parameters.Add(Statement.Text(row.Owner));
            command.Parameters.Add(Statement.Number(row.Version));
            command.Parameters.Add(Statement.Bytes(row.State));
            command.Parameters.Add(Statement.Column(NpgsqlDbType.Text, row.Watermarks.Keys.ToList()));
            command.Parameters.Add(Statement.Column(NpgsqlDbType.Bigint, row.Watermarks.Values.ToList()));
            return (long?)await command.ExecuteScalarAsync(cancellation);
        },
        cancellation);

    /// <summary>Begins to listen, at the first wait, for catalogs that are published. The caller's to dispose.</summary>
    public CatalogWatch WatchCatalog() => new(StoreConnections.Alone(_connectionString, _schema, _serverTimeout), _schema);

    /// <summary>
    /// Says for a node that is gone how far something got with its log: on behalf of it, and never back. A node that writes says so itself.
    /// </summary>
    /// <returns>Whether it was said; not when the node writes again, or somebody was further.</returns>
    /// <exception cref="NodeLogException">The server is unavailable.</exception>
    public Task<bool> SaveCheckpointForAsync(string node, CheckpointRow checkpoint, CancellationToken cancellation = default) => ReadAsync(
        "written",
        async connection =>
        {
            await using var command = new NpgsqlCommand(
                """
                INSERT INTO checkpoint(node, projection, watermark, state)
                SELECT n.id, $2, $3, $4 FROM node n WHERE n.name=$1 AND NOT EXISTS(SELECT 1 FROM epoch e WHERE e.node=n.id AND NOT e.sealed)
                ON CONFLICT (node, projection) DO UPDATE SET watermark=excluded.watermark, state=excluded.state WHERE checkpoint.watermark<excluded.watermark
                """,
                connection);
            command.Parameters.Add(Statement.Text(node));
            command.Parameters.Add(Statement.Text(checkpoint.Projection));
            command.Parameters.Add(Statement.Number(checkpoint.Watermark));
            command.Parameters.Add(Statement.Bytes(checkpoint.State));
            return await command.ExecuteNonQueryAsync(cancellation) > 0;
        },
        cancellation);

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    public void Dispose() => _source.Dispose();

    /// <summary>Connections for the queue of touchpoints. The caller's to dispose.</summary>
    internal NpgsqlDataSource OpenQueue() => StoreConnections.Queue(_connectionString, _schema, _serverTimeout);

    internal PostgresLogReader LogOf(string node)
    {
        short? number = null;
        return ReaderOf(() => number ??= Find(node));
    }

    /// <summary>A number that a query over the tables gives.</summary>
    internal Task<long> CountAsync(string sql, CancellationToken cancellation) => ReadAsync(
        "counted",
        async connection =>
        {
            await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
            return (long)(await command.ExecuteScalarAsync(cancellation))!;
        },
        cancellation);

    internal PostgresLogReader ReaderOf(Func<short> node) => new(_source, node, HasBases);

    private static async Task<IReadOnlyList<NodeEpoch>> NodesAsync(NpgsqlDataReader reader, CancellationToken cancellation)
    {
        await using var rows = reader;
        var nodes = new List<NodeEpoch>();
        while (await rows.ReadAsync(cancellation))
            nodes.Add(new NodeEpoch(rows.GetString(0), rows.GetInt64(1), rows.GetBoolean(2), rows.GetInt64(3)));
        return nodes;
    }

    private static NpgsqlConnectionStringBuilder Beside(string connectionString, string schema, string application)
    {
        var patience = TimeSpan.FromSeconds(5);
        var builder = StoreConnections.Builder(connectionString, schema, patience, patience);
        builder.ApplicationName = application;
        return builder;
    }

    private short Find(string node) => Read(connection => EpochStart.FindNode(connection, node) ?? 0);

    private T Read<T>(Func<NpgsqlConnection, T> read)
    {
        try
        {
            using var connection = StoreConnections.Open(_source);
            return read(connection);
        }
        catch (Exception exception) when (ServerFailure.IsServer(exception))
        {
            throw ServerFailure.Explain(exception, $"The store in schema '{_schema}' cannot be read");
        }
    }

    private async Task<T> ReadAsync<T>(string what, Func<NpgsqlConnection, Task<T>> read, CancellationToken cancellation)
    {
        try
        {
            await using var connection = await StoreConnections.OpenAsync(_source, cancellation);
            return await read(connection);
        }
        catch (Exception exception) when (ServerFailure.IsServer(exception))
        {
            throw ServerFailure.Explain(exception, $"The store in schema '{_schema}' cannot be {what}");
        }
    }
}
