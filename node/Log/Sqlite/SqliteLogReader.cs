using PmOrleans.Decisioning.Identity;
using PmOrleans.Node.Log.Sqlite.Index;

namespace PmOrleans.Node.Log.Sqlite;

/// <remarks>Memory before table: an entry leaves memory when it is in the table for whoever begins to read.</remarks>
/// <param name="pool">The connections.</param>
/// <param name="currentIndex">The indexes with all that is committed; asked for each read through them.</param>
internal sealed partial class SqliteLogReader(ReaderPool pool, Func<LogIndex> currentIndex) : ILogReader, IPlacedStates
{
    private const int Uncut = 1;
    private const int Cut = 2;

    /// <summary>0 while nobody has asked. One word, as threads share it.</summary>
    private volatile int _bases;

    private const string Columns = "SELECT sequence, epoch, customer, customer_sequence, at, decision, accounting, personal FROM log ";

    public IdentityRow? FindIdentity(UInt128 idHash) => One(
        "SELECT i.customer, k.key FROM identity i JOIN data_key k ON k.slot=i.slot WHERE i.id_hash=?",
        idHash,
        static (s, hash) => s.Bind(1, hash),
        static (s, hash) => new IdentityRow(hash, s.Customer(0), s.Blob(1).ToArray()));

    public IReadOnlyList<IdentityRow> IdentitiesOf(CustomerKey customer) => All(
        "SELECT i.id_hash, k.key FROM identity i JOIN data_key k ON k.slot=i.slot WHERE i.customer=?",
        customer,
        static (s, key) => s.Bind(1, key),
        static (s, key) => new IdentityRow(s.Hash(0), key, s.Blob(1).ToArray()));

    public IReadOnlyList<UInt128> ReadIdHashes(UInt128 afterIdHash, int limit) => All(
        """
        SELECT * FROM (SELECT id_hash FROM identity WHERE id_hash>?1 ORDER BY id_hash LIMIT ?2)
        UNION SELECT * FROM (SELECT id_hash FROM tombstone WHERE id_hash>?1 ORDER BY id_hash LIMIT ?2) ORDER BY 1 LIMIT ?2
        """,
        (afterIdHash, limit),
        static (s, query) => s.Bind(1, query.afterIdHash).Bind(2, query.limit),
        static (s, _) => s.Hash(0));

    public IReadOnlyList<IdentityRow> ReadIdentities(UInt128 afterIdHash, int limit) => All(
        """
        SELECT i.id_hash, i.customer, k.key FROM identity i CROSS JOIN data_key k ON k.slot=i.slot
        WHERE i.id_hash>? ORDER BY i.id_hash LIMIT ?
        """,
        (afterIdHash, limit),
        static (s, query) => s.Bind(1, query.afterIdHash).Bind(2, query.limit),
        static (s, _) => new IdentityRow(s.Hash(0), s.Customer(1), s.Blob(2).ToArray()));

    public IReadOnlyList<SavedCustomerRow> ReadSaved(UInt128 afterIdHash, int limit) => All(
        """
        SELECT i.id_hash, i.customer, k.key, s.customer_sequence, s.state, s.due
        FROM identity i CROSS JOIN data_key k ON k.slot=i.slot LEFT JOIN snapshot s ON s.customer=i.customer
        WHERE i.id_hash>? ORDER BY i.id_hash LIMIT ?
        """,
        (afterIdHash, limit),
        static (s, query) => s.Bind(1, query.afterIdHash).Bind(2, query.limit),
        static (s, _) => new SavedCustomerRow(
            new IdentityRow(s.Hash(0), s.Customer(1), s.Blob(2).ToArray()),
            s.IsNull(3) ? null : new SnapshotRow(s.Customer(1), s.Int64(3), s.Blob(4).ToArray(), s.IsNull(5) ? long.MaxValue : s.Int64(5))));

    public long LastPlace() => Number("SELECT coalesce(max(place), 0) FROM snapshot");

    public IReadOnlyList<SavedCustomerRow> ReadPlaced(long afterPlace, long lastPlace, int limit) => All(
        """
        SELECT s.place, s.customer, k.key, s.customer_sequence, s.state, s.due FROM snapshot s CROSS JOIN data_key k ON k.slot=s.slot
        WHERE s.place>? AND s.place<=? ORDER BY s.place LIMIT ?
        """,
        (afterPlace, lastPlace, limit),
        static (s, query) => s.Bind(1, query.afterPlace).Bind(2, query.lastPlace).Bind(3, query.limit),
        static (s, _) => new SavedCustomerRow(
            new IdentityRow(0, s.Customer(1), s.Blob(2).ToArray()),
            new SnapshotRow(s.Customer(1), s.Int64(3), s.Blob(4).ToArray(), s.IsNull(5) ? long.MaxValue : s.Int64(5)) { Place = s.Int64(0) }));

    public TombstoneRow? FindTombstone(UInt128 idHash) => One(
        "SELECT erased_at, message_hashes FROM tombstone WHERE id_hash=?",
        idHash,
        static (s, hash) => s.Bind(1, hash),
        static (s, hash) => new TombstoneRow(hash, s.Int64(0), s.Blob(1).ToArray()));

    public SnapshotRow? LoadSnapshot(CustomerKey customer) => One(
        "SELECT customer_sequence, state, due FROM snapshot WHERE customer=?",
        customer,
        static (s, key) => s.Bind(1, key),
        static (s, key) => new SnapshotRow(key, s.Int64(0), s.Blob(1).ToArray(), s.IsNull(2) ? long.MaxValue : s.Int64(2)));

    public BaseRow? LoadBase(CustomerKey customer) => !HasBases() ? null : One(
        "SELECT customer_sequence, accounting, personal FROM base WHERE customer=?",
        customer,
        static (s, key) => s.Bind(1, key),
        static (s, key) => new BaseRow(key, s.Int64(0), s.Blob(1).ToArray(), s.Blob(2).ToArray()));

    public IReadOnlyList<BaseRow> ReadBases(CustomerKey after, int limit) => !HasBases() ? [] : All(
        "SELECT customer, customer_sequence, accounting, personal FROM base WHERE customer>? ORDER BY customer LIMIT ?",
        (after, limit),
        static (s, query) => s.Bind(1, query.after).Bind(2, query.limit),
        static (s, _) => new BaseRow(s.Customer(0), s.Int64(1), s.Blob(2).ToArray(), s.Blob(3).ToArray()));

    public IReadOnlyList<LogRow> ReadRange(long afterSequence, int limit) => All(
        Columns + "WHERE sequence>? ORDER BY sequence LIMIT ?",
        (afterSequence, limit),
        static (s, query) => s.Bind(1, query.afterSequence).Bind(2, query.limit),
        static (s, _) => Row(s));

    public CheckpointRow? LoadCheckpoint(string projection) => One(
        "SELECT watermark, state FROM checkpoint WHERE projection=?",
        projection,
        static (s, name) => s.Bind(1, name),
        static (s, name) => new CheckpointRow(name, s.Int64(0), s.Blob(1).ToArray()));

    public CatalogRow? LoadCatalog(int version) => One(
        "SELECT published_at, hash, bundle FROM catalog WHERE version=?",
        version,
        static (s, number) => s.Bind(1, number),
        static (s, number) => new CatalogRow(number, s.Int64(0), s.Text(1), s.Blob(2).ToArray()));

    public int LatestCatalogVersion() => (int)Number("SELECT coalesce(max(version), 0) FROM catalog");

    public byte[]? GetValue(string key) => One(
        "SELECT value FROM value WHERE key=?", key, static (s, name) => s.Bind(1, name), static (s, _) => s.Blob(0).ToArray());

    public long TailStart() => Number("SELECT coalesce((SELECT value FROM meta WHERE key='tail_start'), 0)");

    // The greatest customer sequence of the tail against the saved one; the tail is short, so that the snapshots are probed and not scanned.
    public IReadOnlyList<CustomerKey> CustomersWithTail(long afterSequence) => All(
        """
        SELECT t.customer FROM (
            SELECT customer, max(customer_sequence) AS last FROM log WHERE sequence>? AND +customer IS NOT NULL GROUP BY +customer) t
        WHERE t.last > coalesce((SELECT s.customer_sequence FROM snapshot s WHERE s.customer=t.customer), 0)
        AND NOT EXISTS(SELECT 1 FROM erased e WHERE e.customer=t.customer)
        """,
        afterSequence,
        static (s, after) => s.Bind(1, after),
        static (s, _) => s.Customer(0));

    public IReadOnlyList<CustomerKey> DueCustomers(long atMicros, int limit) => All(
        "SELECT customer FROM snapshot WHERE due<=? ORDER BY due LIMIT ?",
        (atMicros, limit),
        static (s, query) => s.Bind(1, query.atMicros).Bind(2, query.limit),
        static (s, _) => s.Customer(0));

    public IReadOnlyList<(long Epoch, bool Sealed)> Epochs() => All(
        "SELECT epoch, sealed FROM epoch ORDER BY epoch", 0, static (_, _) => { }, static (s, _) => (s.Int64(0), s.Int64(1) != 0));

    public StoreSize Size() => All(
        "SELECT page_size, page_count, freelist_count FROM pragma_page_size, pragma_page_count, pragma_freelist_count",
        0,
        static (_, _) => { },
        static (s, _) => new StoreSize(s.Int64(0) * s.Int64(1), s.Int64(0) * s.Int64(2)))[0];

    /// <summary>There is a table of bases from now on: for the one who has made it, before there is anything in it.</summary>
    public void HaveBases() => _bases = Cut;

    /// <summary>Whether there is a table of bases. It never goes again, and whoever makes it says so (<see cref="HaveBases"/>): so once is enough.</summary>
    public bool HasBases()
    {
        if (_bases == 0)
        {
            Interlocked.CompareExchange(ref _bases, Number("SELECT count(*) FROM sqlite_schema WHERE name='base'") != 0 ? Cut : Uncut, 0);
        }

        return _bases == Cut;
    }

    private static LogRow Row(SqliteStatement s) => Row(s, s.Customer(2));

    /// <param name="customer">Whose it is, as far as that is known: each column asked for is a call.</param>
    private static LogRow Row(SqliteStatement s, CustomerKey customer) => new(
        s.Int64(0), s.Int64(1), customer, s.Int64(3), s.Int64(4), s.Blob(6).ToArray(), s.Blob(7).ToArray(), s.Hash(5));

    private long Number(string sql) => All(sql, 0, static (_, _) => { }, static (s, _) => s.Int64(0))[0];

    private T? One<TQuery, T>(string sql, TQuery query, Action<SqliteStatement, TQuery> bind, Func<SqliteStatement, TQuery, T> read)
        where T : class
    {
        var connection = Rent(out var statement, sql);
        try
        {
            bind(statement, query);
            return statement.Step() ? read(statement, query) : null;
        }
        catch (SqliteStoreException exception)
        {
            throw exception.Explain("The node's log cannot be read");
        }
        finally
        {
            statement.Reset();
            pool.Return(connection);
        }
    }

    private List<T> All<TQuery, T>(string sql, TQuery query, Action<SqliteStatement, TQuery> bind, Func<SqliteStatement, TQuery, T> read)
    {
        var rows = new List<T>();
        var connection = Rent(out var statement, sql);
        try
        {
            bind(statement, query);
            while (statement.Step()) rows.Add(read(statement, query));
            return rows;
        }
        catch (SqliteStoreException exception)
        {
            throw exception.Explain("The node's log cannot be read");
        }
        finally
        {
            statement.Reset();
            pool.Return(connection);
        }
    }

    private ReaderConnection Rent(out SqliteStatement statement, string sql)
    {
        ReaderConnection? connection = null;
        try
        {
            connection = pool.Rent();
            statement = connection.Statement(sql);
            return connection;
        }
        catch (SqliteStoreException exception)
        {
            connection?.Dispose();
            throw exception.Explain("The node's log cannot be read");
        }
    }
}
