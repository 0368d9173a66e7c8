using Npgsql;
using NpgsqlTypes;
using PmOrleans.Decisioning.Identity;
using PmOrleans.Node.Log.Writing;
using PmOrleans.Node.Queue;

namespace PmOrleans.Node.Log.Postgres;

/// <summary>What one work item wants written: collected while the work runs, sent with the transaction, so that work costs no round trip of its own.</summary>
internal sealed class WorkScript(WorkItem item, short node) : ILogTransaction
{
    private const string NodeKeys = "node.";

    private readonly List<NpgsqlBatchCommand> _statements = [];
    private readonly List<SnapshotRow> _snapshots = [];
    private readonly List<QueuedRow> _queued = [];
    private bool _open;

    public WorkItem Item => item;

    /// <summary>In the order in which they were asked for; snapshots go behind all of them.</summary>
    public IReadOnlyList<NpgsqlBatchCommand> Statements => _statements;

    public IReadOnlyList<SnapshotRow> Snapshots => _snapshots;

    /// <summary>Touchpoints for the queue.</summary>
    public IReadOnlyList<QueuedRow> Queued => _queued;

    /// <summary>It erases: no other writer may write meanwhile.</summary>
    public bool Erases { get; private set; }

    /// <summary>It may be refused for what another node did, and must then leave the rest of the transaction alone.</summary>
    public bool MayBeRefused { get; private set; }

    /// <summary>What the work throws is passed on; nothing of it is written then.</summary>
    public void Collect()
    {
        _open = true;
        try
        {
            item.Run(this);
        }
        finally
        {
            _open = false;
        }
    }

    public void SaveSnapshot(SnapshotRow snapshot)
    {
        Check();
        _snapshots.Add(snapshot);
    }

    public void SaveTailStart(long sequence) =>
        Add("UPDATE node SET tail_start=$1 WHERE id=$2", Statement.Number(sequence), Statement.Small(node));

    public void SaveCheckpoint(CheckpointRow checkpoint) => Add(
        """
        INSERT INTO checkpoint(node, projection, watermark, state) VALUES($1, $2, $3, $4)
        ON CONFLICT (node, projection) DO UPDATE SET watermark=excluded.watermark, state=excluded.state
        """,
        Statement.Small(node),
        Statement.Text(checkpoint.Projection),
        Statement.Number(checkpoint.Watermark),
        Statement.Bytes(checkpoint.State));

    public void AddCatalog(CatalogRow catalog)
    {
        Add(
            "SELECT add_catalog($1, $2, $3, $4)",
            Statement.Int(catalog.Version),
            Statement.Number(catalog.PublishedAtMicros),
            Statement.Text(catalog.Hash),
            Statement.Bytes(catalog.Bundle));
        MayBeRefused = true;
    }

    public void SetValue(string key, byte[]? value)
    {
        var owner = Statement.Small(OwnerOf(key, node));
        if (value is null)
        {
            Add("DELETE FROM value WHERE node=$1 AND key=$2", owner, Statement.Text(key));
            return;
        }

        Add(
            "INSERT INTO value(node, key, value) VALUES($1, $2, $3) ON CONFLICT (node, key) DO UPDATE SET value=excluded.value",
            owner,
            Statement.Text(key),
            Statement.Bytes(value));
    }

    public void ReplaceValue(string key, byte[]? expected, byte[]? value)
    {
        if (expected is null && value is null) throw new ArgumentException("Nothing is no value to replace by nothing.", nameof(value));
        Add(
            "SELECT replace_value($1, $2, $3, $4)",
            Statement.Small(OwnerOf(key, node)),
            Statement.Text(key),
            Statement.MaybeBytes(expected),
            Statement.MaybeBytes(value));
        MayBeRefused = true;
    }

    public void Enqueue(IReadOnlyList<QueuedRow> rows)
    {
        Check();
        _queued.AddRange(rows);
    }

    public void Erase(CustomerKey customer, IReadOnlyList<TombstoneRow> tombstones)
    {
        if (customer.IsNone) throw new ArgumentException("The node's own records belong to nobody.", nameof(customer));
        Add(
            "SELECT erase_customer($1, $2, $3, $4)",
            Statement.Key(Uuid.Of(customer)),
            Statement.Column(NpgsqlDbType.Uuid, tombstones.Select(tombstone => Uuid.Of(tombstone.IdHash)).ToList()),
            Statement.Column(NpgsqlDbType.Bigint, tombstones.Select(tombstone => tombstone.ErasedAtMicros).ToList()),
            Statement.Column(NpgsqlDbType.Bytea, tombstones.Select(tombstone => tombstone.MessageHashes).ToList()));
        Erases = true;
        MayBeRefused = true;
    }

    /// <summary>The node whose value this is; 0 for the cluster's.</summary>
    public static short OwnerOf(string key, short node) => key.StartsWith(NodeKeys, StringComparison.Ordinal) ? node : (short)0;

    private void Add(string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        Check();
        _statements.Add(Statement.Of(sql, parameters));
    }

    private void Check()
    {
        if (!_open) throw new InvalidOperationException("A log transaction may be used only inside the call that received it.");
    }
}
