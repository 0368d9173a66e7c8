using Npgsql;
using NpgsqlTypes;

namespace PmOrleans.Node.Log.Postgres;

/// <summary>
/// Records on their way into the tables, a list for each column: an array is one parameter, so that a whole group goes in one statement. Filled and emptied for
/// ever; the statements over it are prepared once for each connection.
/// </summary>
internal sealed class RecordColumns
{
    private readonly List<Guid> _customers = [];
    private readonly List<long> _customerSequences = [];
    private readonly List<long> _times = [];
    private readonly List<Guid?> _decisions = [];
    private readonly List<ReadOnlyMemory<byte>> _accounting = [];
    private readonly List<ReadOnlyMemory<byte>> _personal = [];
    private readonly List<Guid> _decisionHashes = [];
    private readonly List<Guid> _decisionCustomers = [];
    private readonly List<long> _decisionSequences = [];
    private readonly List<Guid> _identityHashes = [];
    private readonly List<Guid> _identityCustomers = [];
    private readonly List<byte[]> _dataKeys = [];
    private long _before;

    public int Count => _customers.Count;

    public bool HasDecisions => _decisionHashes.Count > 0;

    public bool HasIdentities => _identityHashes.Count > 0;

    /// <param name="before">The sequence before the first record's.</param>
    public void Begin(long before)
    {
        _before = before;
        _customers.Clear();
        _customerSequences.Clear();
        _times.Clear();
        _decisions.Clear();
        _accounting.Clear();
        _personal.Clear();
        _decisionHashes.Clear();
        _decisionCustomers.Clear();
        _decisionSequences.Clear();
        _identityHashes.Clear();
        _identityCustomers.Clear();
        _dataKeys.Clear();
    }

    /// <summary>Adds a record that has its sequence.</summary>
    public void Add(PendingAppend record, short node, bool withIdentity)
    {
        var customer = record.Customer.IsNone ? Uuid.OfNode(node) : Uuid.Of(record.Customer);
        var customerSequence = record.Customer.IsNone ? record.Sequence : record.CustomerSequence;
        _customers.Add(customer);
        _customerSequences.Add(customerSequence);
        _times.Add(record.AtMicros);
        _accounting.Add(record.Accounting);
        _personal.Add(record.Personal);
        if (record.DecisionHash == default)
        {
            _decisions.Add(null);
        }
        else
        {
            var hash = Uuid.Of(record.DecisionHash);
            _decisions.Add(hash);
            _decisionHashes.Add(hash);
            _decisionCustomers.Add(customer);
            _decisionSequences.Add(customerSequence);
        }

        if (withIdentity && record.Identity is { } identity) AddIdentity(identity);
    }

    public NpgsqlBatchCommand InsertFacts(short node, long epoch) => Statement.Of(
        """
        INSERT INTO fact(customer, customer_sequence, sequence, at, epoch, turn, node, decision, accounting, personal)
        SELECT u.customer, u.customer_sequence, $7 + u.place, u.at, $8, (SELECT currval('turn')), $9, u.decision, u.accounting, u.personal
        FROM unnest($1, $2, $3, $4, $5, $6) WITH ORDINALITY AS u(customer, customer_sequence, at, decision, accounting, personal, place)
        ORDER BY u.customer, u.customer_sequence
        """,
        Statement.Column(NpgsqlDbType.Uuid, _customers),
        Statement.Column(NpgsqlDbType.Bigint, _customerSequences),
        Statement.Column(NpgsqlDbType.Bigint, _times),
        Statement.Column(NpgsqlDbType.Uuid, _decisions),
        Statement.Column(NpgsqlDbType.Bytea, _accounting),
        Statement.Column(NpgsqlDbType.Bytea, _personal),
        Statement.Number(_before),
        Statement.Number(epoch),
        Statement.Small(node));

    public NpgsqlBatchCommand InsertDecisions() => Statement.Of(
        "INSERT INTO decision(hash, customer, customer_sequence) SELECT * FROM unnest($1, $2, $3) AS u(hash, customer, customer_sequence) ORDER BY u.hash",
        Statement.Column(NpgsqlDbType.Uuid, _decisionHashes),
        Statement.Column(NpgsqlDbType.Uuid, _decisionCustomers),
        Statement.Column(NpgsqlDbType.Bigint, _decisionSequences));

    public NpgsqlBatchCommand InsertIdentities() => Statement.Of(
        "INSERT INTO identity(id_hash, customer, data_key) SELECT * FROM unnest($1, $2, $3) AS u(id_hash, customer, data_key) ORDER BY u.id_hash",
        Statement.Column(NpgsqlDbType.Uuid, _identityHashes),
        Statement.Column(NpgsqlDbType.Uuid, _identityCustomers),
        Statement.Column(NpgsqlDbType.Bytea, _dataKeys));

    private void AddIdentity(IdentityRow identity)
    {
        _identityHashes.Add(Uuid.Of(identity.IdHash));
        _identityCustomers.Add(Uuid.Of(identity.Customer));
        _dataKeys.Add(identity.DataKey);
    }
}
