using System.Diagnostics;
using Npgsql;
using PmOrleans.Node.Log.Postgres;

namespace PmOrleans.Node.Log;

/// <content>What whoever cuts the logs needs, and whoever must not be cut beside.</content>
public sealed partial class PostgresStore
{
    /// <summary>So long the server may take until it has noticed that whoever had the store open is gone.</summary>
    private static readonly TimeSpan UntilNoticed = TimeSpan.FromSeconds(2);

    private bool? _hasBases;

    /// <summary>
    /// Whether the store is one that was cut. Asked once: nobody cuts it while it is open before every node that writes says that it has looked again
    /// (<see cref="LookForBases"/>), but for whoever cuts alone (<see cref="HaveBases"/>).
    /// </summary>
    internal bool HasBases() => _hasBases ??= Read(connection => StoreSchema.HasBases(connection, _schema));

    internal void HaveBases() => _hasBases = true;

    /// <exception cref="NodeLogException">The server is unavailable.</exception>
    internal bool LookForBases()
    {
        if (_hasBases is not true) _hasBases = Read(connection => StoreSchema.HasBases(connection, _schema));
        return _hasBases.Value;
    }

    /// <summary>Makes the store one that may be cut beside nodes that write.</summary>
    /// <exception cref="NodeLogException">The server is unavailable, or does not let this role make tables.</exception>
    internal Task PrepareCutsAsync(CancellationToken cancellation) => ReadAsync(
        "prepared for cuts",
        connection =>
        {
            StoreSchema.EnsureRunningCuts(connection, _schema);
            return Task.FromResult(true);
        },
        cancellation);

    /// <summary>
    /// All epochs at a moment when nobody writes, as an erasure finds one: what is written later has a later turn than all that is in their logs by then.
    /// </summary>
    /// <exception cref="NodeLogException">The server is unavailable, or somebody writes for longer than is waited.</exception>
    internal Task<IReadOnlyList<NodeEpoch>> StandingNodesAsync(CancellationToken cancellation) => ReadAsync(
        "read",
        async connection =>
        {
            // In one round trip: whoever writes waits until it is through, and not for this process to have a thread.
            await using var batch = new NpgsqlBatch(connection)
            {
                BatchCommands = { Statement.Of("BEGIN"), Statement.Of("LOCK TABLE erased IN SHARE ROW EXCLUSIVE MODE"), Statement.Of(Nodes), Statement.Of("COMMIT") },
            };
            return await NodesAsync(await batch.ExecuteReaderAsync(cancellation), cancellation);
        },
        cancellation);

    /// <summary>
    /// The first record of a node's log that no saved state has; <see cref="long.MaxValue"/>: all are in one. Asked of the tables, as nobody moves on the tail of a node that is
    /// gone, or has no customers. What is saved stays so.
    /// </summary>
    /// <exception cref="NodeLogException">The server is unavailable.</exception>
    internal Task<long> FirstUnsavedAsync(string node, CancellationToken cancellation) => ReadAsync(
        "read",
        async connection =>
        {
            await using var command = new NpgsqlCommand(
                """
                SELECT f.sequence FROM (
                    SELECT customer, customer_sequence, sequence FROM fact
                    WHERE node=$1 AND sequence>=(SELECT tail_start FROM node WHERE id=$1) AND customer<>$2 ORDER BY sequence) f
                LEFT JOIN LATERAL (SELECT customer_sequence FROM snapshot WHERE customer=f.customer LIMIT 1) s ON true
                WHERE f.customer_sequence>coalesce(s.customer_sequence, 0) AND NOT EXISTS(SELECT 1 FROM erased e WHERE e.customer=f.customer LIMIT 1)
                LIMIT 1
                """,
                connection) { CommandTimeout = 0 };
            var number = EpochStart.FindNode(connection, node) ?? 0;
            command.Parameters.Add(Statement.Small(number));
            command.Parameters.Add(Statement.Key(Uuid.OfNode(number)));
            return (long?)await command.ExecuteScalarAsync(cancellation) ?? long.MaxValue;
        },
        cancellation);

    /// <summary>By name of the node, the last of its records that was cut; nodes of which none was are left out.</summary>
    /// <exception cref="NodeLogException">The server is unavailable.</exception>
    internal IReadOnlyDictionary<string, long> CutMarks()
    {
        if (!LookForBases()) return new Dictionary<string, long>(StringComparer.Ordinal);
        return Read(connection =>
        {
            using var command = new NpgsqlCommand("SELECT n.name, c.sequence FROM cut c JOIN node n ON n.id=c.node", connection);
            using var rows = command.ExecuteReader();
            var marks = new Dictionary<string, long>(StringComparer.Ordinal);
            while (rows.Read()) marks.Add(rows.GetString(0), rows.GetInt64(1));
            return marks;
        });
    }

    /// <summary>For one who reads the whole store: its logs are not cut until it is disposed, by nodes that run neither.</summary>
    /// <exception cref="NodeLogException">They are being cut now by one who is alone, or the server is unavailable.</exception>
    internal Task<NpgsqlConnection> ShareAsync(CancellationToken cancellation) => HoldAsync(
        static (connection, schema) =>
        {
            if (!StoreLock.TryShare(connection, schema)) return false;
            StoreLock.ShareReading(connection, schema);
            return true;
        },
        $"The logs of the store in schema '{_schema}' are being cut.",
        cancellation);

    /// <summary>For one who cuts: nobody else has the store open until the connection is disposed.</summary>
    /// <exception cref="NodeLogException">Somebody has it open, or the server is unavailable.</exception>
    internal Task<NpgsqlConnection> TakeAsync(CancellationToken cancellation) =>
        HoldAsync(StoreLock.TryTake, $"The store in schema '{_schema}' is in use: by a node that writes, or by somebody who reads the whole of it.", cancellation);

    /// <summary>A connection of its own for a node that cuts beside the others. The caller's to dispose.</summary>
    internal Task<NpgsqlConnection> OpenCutAsync(CancellationToken cancellation) => HoldAsync(static (_, _) => true, "", cancellation);

    /// <summary>The number of the last record of all nodes that was cut; 0 for none.</summary>
    /// <exception cref="NodeLogException">The server is unavailable.</exception>
    internal long CutTo() => Read(connection =>
    {
        using var command = new NpgsqlCommand("SELECT coalesce((SELECT watermark FROM checkpoint WHERE node=0 AND projection='base'), 0)", connection);
        return (long)command.ExecuteScalar()!;
    });

    private async Task<NpgsqlConnection> HoldAsync(Func<NpgsqlConnection, string, bool> take, string otherwise, CancellationToken cancellation)
    {
        var source = StoreConnections.Alone(_connectionString, _schema, _serverTimeout);
        NpgsqlConnection? connection = null;
        try
        {
            connection = await source.OpenConnectionAsync(cancellation);
            for (var began = Stopwatch.GetTimestamp(); !take(connection, _schema);)
            {
                if (Stopwatch.GetElapsedTime(began) > UntilNoticed) throw new NodeLogException(NodeLogError.InUse, otherwise);
                await Task.Delay(50, cancellation);
            }

            return connection;
        }
        catch (Exception exception)
        {
            await (connection?.DisposeAsync() ?? ValueTask.CompletedTask);
            if (ServerFailure.IsServer(exception)) throw ServerFailure.Explain(exception, $"The store in schema '{_schema}' cannot be opened");
            throw;
        }
    }
}
