using Npgsql;
using NpgsqlTypes;
using PmOrleans.Node.Queue;

namespace PmOrleans.Node.Log.Postgres;

/// <summary>Touchpoints on their way into the queue, all of a transaction together.</summary>
internal sealed class QueueColumns
{
    private readonly List<Guid> _customers = [];
    private readonly List<long> _times = [];
    private readonly List<byte[]> _messages = [];
    private readonly List<byte[]> _bodies = [];

    public int Count => _customers.Count;

    public void Clear()
    {
        _customers.Clear();
        _times.Clear();
        _messages.Clear();
        _bodies.Clear();
    }

    public void Add(IReadOnlyList<QueuedRow> rows)
    {
        foreach (var row in rows)
        {
            _customers.Add(Uuid.Of(row.Customer));
            _times.Add(row.QueuedAtMicros);
            _messages.Add(row.Message);
            _bodies.Add(row.Body);
        }
    }

    // Numbered as they come out of the arrays, which is their order.
    public NpgsqlBatchCommand Insert() => Statement.Of(
        """
        INSERT INTO queued(part, number, customer, queued_at, message, body)
        SELECT queue_part_of(u.customer), nextval('queued_number'), u.customer, u.queued_at, u.message, u.body
        FROM unnest($1, $2, $3, $4) AS u(customer, queued_at, message, body)
        """,
        Statement.Column(NpgsqlDbType.Uuid, _customers),
        Statement.Column(NpgsqlDbType.Bigint, _times),
        Statement.Column(NpgsqlDbType.Bytea, _messages),
        Statement.Column(NpgsqlDbType.Bytea, _bodies));
}
