using Npgsql;
using NpgsqlTypes;

namespace PmOrleans.Node.Log.Postgres;

/// <summary>Snapshots on their way into the table, each customer once: one statement may not change a row twice.</summary>
internal sealed class SnapshotColumns
{
    private readonly Dictionary<Guid, int> _places = [];
    private readonly List<Guid> _customers = [];
    private readonly List<long> _sequences = [];
    private readonly List<long?> _due = [];
    private readonly List<byte[]> _states = [];

    public int Count => _customers.Count;

    public void Clear()
    {
        _places.Clear();
        _customers.Clear();
        _sequences.Clear();
        _due.Clear();
        _states.Clear();
    }

    public void Add(SnapshotRow snapshot)
    {
        var customer = Uuid.Of(snapshot.Customer);
        long? due = snapshot.DueMicros == long.MaxValue ? null : snapshot.DueMicros;
        if (!_places.TryGetValue(customer, out var place))
        {
            _places.Add(customer, _customers.Count);
            _customers.Add(customer);
            _sequences.Add(snapshot.CustomerSequence);
            _due.Add(due);
            _states.Add(snapshot.State);
        }
        else if (snapshot.CustomerSequence >= _sequences[place])
        {
            (_sequences[place], _due[place], _states[place]) = (snapshot.CustomerSequence, due, snapshot.State);
        }
    }

    // A state that was folded less far than the one saved comes from a slower path and must not win.
    public NpgsqlBatchCommand Save(short node) => Statement.Of(
        """
        INSERT INTO snapshot(customer, customer_sequence, due, node, state)
        SELECT u.customer, u.customer_sequence, u.due, $5, u.state FROM unnest($1, $2, $3, $4) AS u(customer, customer_sequence, due, state)
        ORDER BY u.customer
        ON CONFLICT (customer) DO UPDATE
        SET customer_sequence=excluded.customer_sequence, due=excluded.due, node=excluded.node, state=excluded.state
        WHERE excluded.customer_sequence >= snapshot.customer_sequence
        """,
        Statement.Column(NpgsqlDbType.Uuid, _customers),
        Statement.Column(NpgsqlDbType.Bigint, _sequences),
        Statement.Column(NpgsqlDbType.Bigint, _due),
        Statement.Column(NpgsqlDbType.Bytea, _states),
        Statement.Small(node));
}
