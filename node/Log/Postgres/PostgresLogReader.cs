using Npgsql;
using NpgsqlTypes;
using PmOrleans.Decisioning.Identity;
using PmOrleans.Node.Retention;

namespace PmOrleans.Node.Log.Postgres;

/// <summary>
/// Customers of the whole cluster, and the log of one node. Each call is one statement, and sees one state.
/// </summary>
/// <param name="source">The connections.</param>
/// <param name="node">Whose ranges, tail, checkpoints, due customers and epochs; asked at each call, since a log is given its number when it opens.</param>
/// <param name="hasBases">Whether the store is one that was cut.</param>
internal sealed class PostgresLogReader(NpgsqlDataSource source, Func<short> node, Func<bool> hasBases) : ILogReader
{
    private const string Columns = "SELECT sequence, epoch, customer, customer_sequence, at, decision, accounting, personal, turn FROM fact ";

    public IdentityRow? FindIdentity(UInt128 idHash) => One(
        "SELECT customer, data_key FROM identity WHERE id_hash=$1",
        row => new IdentityRow(idHash, Uuid.Customer(row.GetGuid(0)), row.GetFieldValue<byte[]>(1)),
        Statement.Key(Uuid.Of(idHash)));

    public IReadOnlyList<IdentityRow> IdentitiesOf(CustomerKey customer) => All(
        "SELECT id_hash, data_key FROM identity WHERE customer=$1",
        row => new IdentityRow(Uuid.Hash(row.GetGuid(0)), customer, row.GetFieldValue<byte[]>(1)),
        Statement.Key(Uuid.Of(customer)));

    public IReadOnlyList<UInt128> ReadIdHashes(UInt128 afterIdHash, int limit) => All(
        """
        (SELECT id_hash FROM identity WHERE id_hash>$1 ORDER BY id_hash LIMIT $2)
        UNION (SELECT id_hash FROM tombstone WHERE id_hash>$1 ORDER BY id_hash LIMIT $2) ORDER BY id_hash LIMIT $2
        """,
        row => Uuid.Hash(row.GetGuid(0)),
        Statement.Key(Uuid.Of(afterIdHash)),
        Statement.Int(limit));

    public IReadOnlyList<IdentityRow> ReadIdentities(UInt128 afterIdHash, int limit) => All(
        "SELECT id_hash, customer, data_key FROM identity WHERE id_hash>$1 ORDER BY id_hash LIMIT $2",
        row => new IdentityRow(Uuid.Hash(row.GetGuid(0)), Uuid.Customer(row.GetGuid(1)), row.GetFieldValue<byte[]>(2)),
        Statement.Key(Uuid.Of(afterIdHash)),
        Statement.Int(limit));

    public IReadOnlyList<SavedCustomerRow> ReadSaved(UInt128 afterIdHash, int limit) => All(
        """
        SELECT i.id_hash, i.customer, i.data_key, s.customer_sequence, s.state, s.due FROM identity i LEFT JOIN snapshot s ON s.customer=i.customer
        WHERE i.id_hash>$1 ORDER BY i.id_hash LIMIT $2
        """,
        row => new SavedCustomerRow(
            new IdentityRow(Uuid.Hash(row.GetGuid(0)), Uuid.Customer(row.GetGuid(1)), row.GetFieldValue<byte[]>(2)),
            row.IsDBNull(3) ? null : new SnapshotRow(Uuid.Customer(row.GetGuid(1)), row.GetInt64(3), row.GetFieldValue<byte[]>(4), row.IsDBNull(5) ? long.MaxValue : row.GetInt64(5))),
        Statement.Key(Uuid.Of(afterIdHash)),
        Statement.Int(limit));

    public IReadOnlySet<CustomerKey> BehindOf(IReadOnlyList<SavedCustomerRow> saved) => All(
        """
        SELECT w.customer FROM unnest($1, $2) w(customer, saved)
        CROSS JOIN LATERAL (SELECT 1 FROM fact WHERE customer=w.customer AND customer_sequence>w.saved ORDER BY customer_sequence LIMIT 1) f
        """,
        row => Uuid.Customer(row.GetGuid(0)),
        Statement.Column(NpgsqlDbType.Uuid, saved.Select(row => Uuid.Of(row.Identity.Customer)).ToList()),
        Statement.Column(NpgsqlDbType.Bigint, saved.Select(row => row.Snapshot?.CustomerSequence ?? 0).ToList())).ToHashSet();

    public TombstoneRow? FindTombstone(UInt128 idHash) => One(
        "SELECT erased_at, message_hashes FROM tombstone WHERE id_hash=$1",
        row => new TombstoneRow(idHash, row.GetInt64(0), row.GetFieldValue<byte[]>(1)),
        Statement.Key(Uuid.Of(idHash)));

    public SnapshotRow? LoadSnapshot(CustomerKey customer) => One(
        "SELECT customer_sequence, state, due FROM snapshot WHERE customer=$1",
        row => new SnapshotRow(customer, row.GetInt64(0), row.GetFieldValue<byte[]>(1), row.IsDBNull(2) ? long.MaxValue : row.GetInt64(2)),
        Statement.Key(Uuid.Of(customer)));

    public IReadOnlyList<LogRow> ReadCustomer(CustomerKey customer, long afterCustomerSequence, int limit) => All(
        Columns + "WHERE customer=$1 AND customer_sequence>$2 ORDER BY customer_sequence LIMIT $3",
        Row,
        Statement.Key(Uuid.Of(customer)),
        Statement.Number(afterCustomerSequence),
        Statement.Int(limit));

    public IReadOnlyList<LogRow> ReadRecords(CustomerKey customer, IReadOnlyList<long> customerSequences) => All(
        "SELECT f.* FROM unnest($2) w(n) CROSS JOIN LATERAL (" + Columns + "WHERE customer=$1 AND customer_sequence=w.n LIMIT 1) f",
        Row,
        Statement.Key(Uuid.Of(customer)),
        Statement.Column(NpgsqlDbType.Bigint, customerSequences.ToList()));

    public IReadOnlyList<IReadOnlyList<LogRow>> ReadHistories(IReadOnlyList<CustomerKey> customers, int limit)
    {
        var rows = All(
            "SELECT f.* FROM unnest($1) w(customer) CROSS JOIN LATERAL (" + Columns + "WHERE customer=w.customer ORDER BY customer_sequence LIMIT $2) f",
            Row,
            Statement.Column(NpgsqlDbType.Uuid, customers.Select(Uuid.Of).ToList()),
            Statement.Int(limit)).ToLookup(row => row.Customer);
        return [.. customers.Select(customer => (IReadOnlyList<LogRow>)[.. rows[customer].OrderBy(row => row.CustomerSequence)])];
    }

    public bool IsRemote => true;

    public IReadOnlyList<StoredCustomer> ReadCustomers(IReadOnlyList<UInt128> idHashes, int tailLimit)
    {
        // The saved state comes with the first record after it only: it is the largest part. Each table is asked once for each id, by its key: a join would be planned
        // when the store is new, and scan tables that have grown since, until somebody analyzes them.
        var rows = All(
            """
            SELECT w.n, t.erased_at, t.message_hashes, i.customer, i.data_key, s.customer_sequence, CASE WHEN coalesce(f.n, 1)=1 THEN s.state END, s.due,
                f.sequence, f.epoch, f.customer_sequence, f.at, f.decision, f.accounting, f.personal
            FROM unnest($1) WITH ORDINALITY w(id_hash, n)
            LEFT JOIN LATERAL (SELECT erased_at, message_hashes FROM tombstone WHERE id_hash=w.id_hash LIMIT 1) t ON true
            LEFT JOIN LATERAL (SELECT customer, data_key FROM identity WHERE id_hash=w.id_hash LIMIT 1) i ON true
            LEFT JOIN LATERAL (SELECT customer_sequence, state, due FROM snapshot WHERE customer=i.customer LIMIT 1) s ON true
            LEFT JOIN LATERAL (
                SELECT row_number() OVER (ORDER BY r.customer_sequence) AS n, r.* FROM fact r
                WHERE r.customer=i.customer AND r.customer_sequence>coalesce(s.customer_sequence, 0) ORDER BY r.customer_sequence LIMIT $2) f ON true
            ORDER BY w.n, f.customer_sequence
            """,
            StoredCustomerRow.Read,
            Statement.Column(NpgsqlDbType.Uuid, idHashes.Select(Uuid.Of).ToList()),
            Statement.Int(tailLimit));
        return StoredCustomerRow.Gather(idHashes, rows);
    }

    public BaseRow? LoadBase(CustomerKey customer) => !hasBases() ? null : One(
        "SELECT customer_sequence, accounting, personal FROM base WHERE customer=$1",
        row => new BaseRow(customer, row.GetInt64(0), row.GetFieldValue<byte[]>(1), row.GetFieldValue<byte[]>(2)),
        Statement.Key(Uuid.Of(customer)));

    public IReadOnlyList<BaseRow> ReadBases(CustomerKey after, int limit) => !hasBases() ? [] : All(
        "SELECT customer, customer_sequence, accounting, personal FROM base WHERE customer>$1 ORDER BY customer LIMIT $2",
        row => new BaseRow(Uuid.Customer(row.GetGuid(0)), row.GetInt64(1), row.GetFieldValue<byte[]>(2), row.GetFieldValue<byte[]>(3)),
        Statement.Key(Uuid.Of(after)),
        Statement.Int(limit));

    /// <summary>The last record of the node's log that was cut; 0 for none.</summary>
    public long CutTo() => !hasBases() ? 0 : Number("SELECT coalesce((SELECT sequence FROM cut WHERE node=$1), 0)", Statement.Small(node()));

    public IReadOnlyList<LogRow> ReadRange(long afterSequence, int limit) => All(
        Columns + "WHERE node=$1 AND sequence>$2 ORDER BY sequence LIMIT $3",
        Row,
        Statement.Small(node()),
        Statement.Number(afterSequence),
        Statement.Int(limit));

    /// <summary>A range with the turn of each record's transaction, which ascends with the sequence.</summary>
    public List<(long Turn, LogRow Row)> ReadTurns(long afterSequence, long upTo, int limit) => All(
        Columns + "WHERE node=$1 AND sequence>$2 AND sequence<=$3 ORDER BY sequence LIMIT $4",
        row => (row.GetInt64(8), Row(row)),
        Statement.Small(node()),
        Statement.Number(afterSequence),
        Statement.Number(upTo),
        Statement.Int(limit));

    public LogRow? FindDecision(UInt128 decisionHash) => One(
        """
        SELECT f.sequence, f.epoch, f.customer, f.customer_sequence, f.at, f.decision, f.accounting, f.personal
        FROM decision d JOIN fact f ON f.customer=d.customer AND f.customer_sequence=d.customer_sequence WHERE d.hash=$1
        """,
        Row,
        Statement.Key(Uuid.Of(decisionHash)));

    public CheckpointRow? LoadCheckpoint(string projection) => One(
        "SELECT watermark, state FROM checkpoint WHERE node=$1 AND projection=$2",
        row => new CheckpointRow(projection, row.GetInt64(0), row.GetFieldValue<byte[]>(1)),
        Statement.Small(projection == LogBase.Name ? (short)0 : node()),
        Statement.Text(projection));

    public CatalogRow? LoadCatalog(int version) => One(
        "SELECT published_at, hash, bundle FROM catalog WHERE version=$1",
        row => new CatalogRow(version, row.GetInt64(0), row.GetString(1), row.GetFieldValue<byte[]>(2)),
        Statement.Int(version));

    public int LatestCatalogVersion() => (int)Number("SELECT coalesce(max(version), 0)::bigint FROM catalog");

    public byte[]? GetValue(string key) => One(
        "SELECT value FROM value WHERE node=$1 AND key=$2",
        row => row.GetFieldValue<byte[]>(0),
        Statement.Small(WorkScript.OwnerOf(key, node())),
        Statement.Text(key));

    public long TailStart() => Number("SELECT coalesce((SELECT tail_start FROM node WHERE id=$1), 0)", Statement.Small(node()));

    // The greatest customer sequence of the tail against the saved one; the tail is short, so that the snapshots are probed and not scanned.
    public IReadOnlyList<CustomerKey> CustomersWithTail(long afterSequence)
    {
        var customers = All(
            """
            SELECT t.customer FROM (
                SELECT customer, max(customer_sequence) AS last FROM fact WHERE node=$1 AND sequence>$2 GROUP BY customer) t
            LEFT JOIN snapshot s ON s.customer=t.customer
            WHERE t.last>coalesce(s.customer_sequence, 0) AND NOT EXISTS(SELECT 1 FROM erased e WHERE e.customer=t.customer)
            """,
            row => Uuid.Customer(row.GetGuid(0)),
            Statement.Small(node()),
            Statement.Number(afterSequence));
        customers.RemoveAll(customer => customer.IsNone);
        return customers;
    }

    public IReadOnlyList<CustomerKey> DueCustomers(long atMicros, int limit) => All(
        "SELECT customer FROM snapshot WHERE node=$1 AND due<=$2 ORDER BY due LIMIT $3",
        row => Uuid.Customer(row.GetGuid(0)),
        Statement.Small(node()),
        Statement.Number(atMicros),
        Statement.Int(limit));

    public IReadOnlyList<(long Epoch, bool Sealed)> Epochs() => All(
        "SELECT epoch, sealed FROM epoch WHERE node=$1 ORDER BY epoch", row => (row.GetInt64(0), row.GetBoolean(1)), Statement.Small(node()));

    private static LogRow Row(NpgsqlDataReader row)
    {
        var customer = Uuid.Customer(row.GetGuid(2));
        return new LogRow(
            row.GetInt64(0),
            row.GetInt64(1),
            customer,
            customer.IsNone ? 0 : row.GetInt64(3),
            row.GetInt64(4),
            row.GetFieldValue<byte[]>(6),
            row.GetFieldValue<byte[]>(7),
            row.IsDBNull(5) ? default : Uuid.Hash(row.GetGuid(5)));
    }

    private long Number(string sql, params ReadOnlySpan<NpgsqlParameter> parameters) => All(sql, row => row.GetInt64(0), parameters)[0];

    private T? One<T>(string sql, Func<NpgsqlDataReader, T> read, params ReadOnlySpan<NpgsqlParameter> parameters)
        where T : class =>
        All(sql, read, parameters) is [var only, ..] ? only : null;

    private List<T> All<T>(string sql, Func<NpgsqlDataReader, T> read, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        try
        {
            using var connection = StoreConnections.Open(source);
            using var command = new NpgsqlCommand(sql, connection);
            foreach (var parameter in parameters) command.Parameters.Add(parameter);
            using var reader = command.ExecuteReader();
            var rows = new List<T>();
            while (reader.Read()) rows.Add(read(reader));
            return rows;
        }
        catch (Exception exception) when (ServerFailure.IsServer(exception))
        {
            throw ServerFailure.Explain(exception, "The node's log cannot be read");
        }
    }
}
