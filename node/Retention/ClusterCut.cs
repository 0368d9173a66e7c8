using Npgsql;
using NpgsqlTypes;
using PmOrleans.Node.Log;
using PmOrleans.Node.Log.Postgres;

namespace PmOrleans.Node.Retention;

/// <summary>Deletes records of a PostgreSQL store with all that leads to them and writes the base they leave, in one transaction: whoever reads sees the one or the other.</summary>
/// <param name="connection">That holds the store, or shares it.</param>
internal sealed class ClusterCut(NpgsqlConnection connection, string schema)
{
    /// <summary>A transaction of some thousand records waits for the disk, on a busy server for long.</summary>
    private const int TimeoutSeconds = 300;

    /// <summary>For one who has the store alone.</summary>
    /// <param name="marks">By name, the last record of each node's log that is gone after the step.</param>
    /// <exception cref="NodeLogException">The step was worked out for a store that began elsewhere, or under another catalog: nothing is written.</exception>
    /// <exception cref="NpgsqlException">The server is unavailable; perhaps it was written, perhaps not.</exception>
    public void Run(CutStep step, IReadOnlyDictionary<string, long> marks)
    {
        using var transaction = connection.BeginTransaction();
        StoreSchema.EnsureBases(connection, schema);
        if (!IsFor(step))
        {
            throw new NodeLogException(NodeLogError.Unavailable, "somebody else has changed the store");
        }

        Write(step, marks);
        transaction.Commit();
    }

    /// <summary>For a node that cuts beside others, of a store that is prepared for it (<see cref="PostgresStore.PrepareCutsAsync"/>).</summary>
    /// <inheritdoc cref="Run"/>
    public ClusterCutOutcome TryRun(CutStep step, IReadOnlyDictionary<string, long> marks)
    {
        using var transaction = connection.BeginTransaction();
        if (!StoreLock.TryCut(connection, schema))
        {
            return ClusterCutOutcome.IsRead;
        }

        // As every writer, which keeps erasures out, and publishes as well: what is looked at now stays so until the end.
        Execute("LOCK TABLE erased, catalog IN ROW EXCLUSIVE MODE");
        if (!IsFor(step))
        {
            return ClusterCutOutcome.HasChanged;
        }

        Write(step, marks);
        transaction.Commit();
        return ClusterCutOutcome.Cut;
    }

    private void Write(CutStep step, IReadOnlyDictionary<string, long> marks)
    {
        if (marks.Values.Sum() != step.Stands.Begin.Sequence)
        {
            throw new NodeLogException(NodeLogError.Corrupt, $"the logs would begin behind {marks.Values.Sum()} records, and their base at {step.Stands.Begin.Sequence}: nothing of these is cut");
        }

        using var batch = new NpgsqlBatch(connection) { Timeout = TimeoutSeconds };
        SaveBases(batch.BatchCommands, [.. step.Changes.Select(change => change.Row).OfType<BaseRow>()]);
        batch.BatchCommands.Add(Statement.Of(
            "DELETE FROM base WHERE customer=ANY($1)",
            Statement.Column(NpgsqlDbType.Uuid, step.Changes.Where(change => change.Row is null).Select(change => Uuid.Of(change.Customer)).ToList())));
        SaveSnapshots(batch.BatchCommands, [.. step.Changes.Select(change => change.Snapshot).OfType<SnapshotRow>()]);
        batch.BatchCommands.Add(Statement.Of(
            "DELETE FROM decision WHERE hash=ANY($1)",
            Statement.Column(NpgsqlDbType.Uuid, step.Rows.Where(row => row.DecisionHash != default).Select(row => Uuid.Of(row.DecisionHash)).ToList())));
        var checkpoint = step.Stands.ToRow();
        batch.BatchCommands.Add(Statement.Of(
            """
            INSERT INTO checkpoint(node, projection, watermark, state) VALUES(0, $1, $2, $3)
            ON CONFLICT (node, projection) DO UPDATE SET watermark=excluded.watermark, state=excluded.state
            """,
            Statement.Text(checkpoint.Projection),
            Statement.Number(checkpoint.Watermark),
            Statement.Bytes(checkpoint.State)));
        batch.ExecuteNonQuery();
        if (Delete(marks) is var deleted && deleted != step.Rows.Count)
        {
            throw new NodeLogException(NodeLogError.Corrupt, $"{step.Rows.Count} records were to be cut, and {deleted} are there: nothing of these is cut");
        }
    }

    /// <summary>Whether the logs begin where the step does, its catalog is the newest, and nobody was erased whose personal part it has.</summary>
    private bool IsFor(CutStep step)
    {
        using var command = new NpgsqlCommand(
            """
            SELECT coalesce((SELECT watermark FROM checkpoint WHERE node=0 AND projection=$1), 0), (SELECT coalesce(max(version), 0) FROM catalog),
                EXISTS(SELECT 1 FROM erased WHERE customer=ANY($2))
            """,
            connection);
        command.Parameters.Add(Statement.Text(LogBase.Name));
        command.Parameters.Add(Statement.Column(NpgsqlDbType.Uuid, step.Changes.Where(change => change.HasPersonal).Select(change => Uuid.Of(change.Customer)).ToList()));
        using var row = command.ExecuteReader();
        row.Read();
        return row.GetInt64(0) == step.From && row.GetInt32(1) == step.CatalogVersion && !row.GetBoolean(2);
    }

    private void Execute(string sql)
    {
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }

    private long Delete(IReadOnlyDictionary<string, long> marks)
    {
        long deleted = 0;
        foreach (var (node, last) in marks)
        {
            using var command = new NpgsqlCommand(
                "DELETE FROM fact WHERE node=(SELECT id FROM node WHERE name=$1) AND sequence>coalesce((SELECT sequence FROM cut WHERE node=(SELECT id FROM node WHERE name=$1)), 0) AND sequence<=$2",
                connection) { CommandTimeout = TimeoutSeconds };
            command.Parameters.Add(Statement.Text(node));
            command.Parameters.Add(Statement.Number(last));
            deleted += command.ExecuteNonQuery();
        }

        using var save = new NpgsqlCommand(
            """
            INSERT INTO cut(node, sequence) SELECT n.id, u.sequence FROM unnest($1, $2) AS u(name, sequence) JOIN node n ON n.name=u.name
            ON CONFLICT (node) DO UPDATE SET sequence=excluded.sequence
            """,
            connection);
        save.Parameters.Add(Statement.Column(NpgsqlDbType.Text, marks.Keys.ToList()));
        save.Parameters.Add(Statement.Column(NpgsqlDbType.Bigint, marks.Values.ToList()));
        save.ExecuteNonQuery();
        return deleted;
    }

    private static void SaveBases(NpgsqlBatchCommandCollection commands, List<BaseRow> rows) => commands.Add(Statement.Of(
        """
        INSERT INTO base(customer, customer_sequence, accounting, personal) SELECT * FROM unnest($1, $2, $3, $4)
        ON CONFLICT (customer) DO UPDATE SET customer_sequence=excluded.customer_sequence, accounting=excluded.accounting, personal=excluded.personal
        """,
        Statement.Column(NpgsqlDbType.Uuid, rows.ConvertAll(row => Uuid.Of(row.Customer))),
        Statement.Column(NpgsqlDbType.Bigint, rows.ConvertAll(row => row.CustomerSequence)),
        Statement.Column(NpgsqlDbType.Bytea, rows.ConvertAll(row => row.Accounting)),
        Statement.Column(NpgsqlDbType.Bytea, rows.ConvertAll(row => row.Personal))));

    /// <summary>Before the records go: a customer who was never saved is woken by the node that wrote the last of them.</summary>
    private static void SaveSnapshots(NpgsqlBatchCommandCollection commands, List<SnapshotRow> rows) => commands.Add(Statement.Of(
        """
        INSERT INTO snapshot(customer, customer_sequence, due, node, state)
        SELECT u.customer, u.customer_sequence, u.due, f.node, u.state FROM unnest($1, $2, $3, $4) AS u(customer, customer_sequence, due, state)
        JOIN fact f ON f.customer=u.customer AND f.customer_sequence=u.customer_sequence
        ON CONFLICT (customer) DO UPDATE SET customer_sequence=excluded.customer_sequence, due=excluded.due, state=excluded.state
        WHERE excluded.customer_sequence>=snapshot.customer_sequence
        """,
        Statement.Column(NpgsqlDbType.Uuid, rows.ConvertAll(row => Uuid.Of(row.Customer))),
        Statement.Column(NpgsqlDbType.Bigint, rows.ConvertAll(row => row.CustomerSequence)),
        Statement.Column(NpgsqlDbType.Bigint, rows.ConvertAll(row => row.DueMicros == long.MaxValue ? (long?)null : row.DueMicros)),
        Statement.Column(NpgsqlDbType.Bytea, rows.ConvertAll(row => row.State))));
}

/// <summary>What became of a step of a cut beside nodes.</summary>
internal enum ClusterCutOutcome
{
    Cut,

    /// <summary>Nothing is written: the step is for another catalog or another begin of the logs, or has somebody who was erased since.</summary>
    HasChanged,

    /// <summary>Nothing is written: somebody reads all of the store.</summary>
    IsRead,
}
