using Npgsql;

namespace PmOrleans.Node.Log.Postgres;

/// <summary>
/// The one connection that writes for a node. Each has a number, which the epoch's row knows: what an earlier connection left on its way, in the network or in
/// the server, can write nothing once the next one has its number.
/// </summary>
internal sealed class WriterSession : IDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly short _node;
    private readonly long _epoch;
    private readonly long _number;

    private WriterSession(NpgsqlConnection connection, short node, long epoch, (long Number, bool Sealed, long End, long Work) row, string? loss)
    {
        _connection = connection;
        _node = node;
        _epoch = epoch;
        (_number, var isSealed, End, Work) = row;
        (Loss, IsSealed) = (loss, isSealed || loss is not null);
    }

    public NpgsqlConnection Connection => _connection;

    /// <summary>As of the moment when this connection took the epoch.</summary>
    public bool IsSealed { get; }

    /// <summary>What the store lacks of what was told to be committed, which is as good as a seal; <c>null</c>: nothing.</summary>
    public string? Loss { get; }

    /// <summary>The epoch's last sequence at that moment, final for all that came before; 0 for none.</summary>
    public long End { get; }

    /// <summary>The mark of the last transaction with work at that moment.</summary>
    public long Work { get; }

    /// <summary>Waits for a transaction of an earlier connection that is still under way.</summary>
    /// <param name="begin">The node's last sequence when the epoch began.</param>
    /// <param name="told">The last sequence that was told to be committed. Where the store ends before it, it has lost records, and what is in memory is of another log: as good as a seal.</param>
    public static WriterSession Take(NpgsqlConnection connection, short node, long epoch, long begin = 0, long told = 0)
    {
        using var command = new NpgsqlCommand(
            "UPDATE epoch SET writer=writer+1 WHERE node=$1 AND epoch=$2 RETURNING writer, sealed, last_sequence, work", connection);
        command.Parameters.Add(Statement.Small(node));
        command.Parameters.Add(Statement.Number(epoch));
        using var row = command.ExecuteReader();
        if (!row.Read())
            return new WriterSession(connection, node, epoch, default, $"the store knows no epoch {epoch}: it is another one, or has lost what it had acknowledged");
        var end = Math.Max(begin, row.GetInt64(2));
        return new WriterSession(
            connection,
            node,
            epoch,
            (row.GetInt64(0), row.GetBoolean(1), row.GetInt64(2), row.GetInt64(3)),
            end < told ? $"the store has lost what it had acknowledged: it ends at record {end}, and this process was told of {told}" : null);
    }

    public NpgsqlBatch NewBatch() => new(_connection);

    /// <summary>The first statement of every writing transaction.</summary>
    /// <param name="end">The last sequence it writes; 0 for none.</param>
    /// <param name="work">The mark of the last work.</param>
    /// <param name="knownErasure">Refused unless this is the last erasure; null: not asked.</param>
    /// <param name="erases">It erases, so that no other writer may write meanwhile.</param>
    public NpgsqlBatchCommand Begin(long end, long work, long? knownErasure, bool erases) => Statement.Of(
        "SELECT begin_write($1, $2, $3, $4, $5, $6, $7)",
        Statement.Small(_node),
        Statement.Number(_epoch),
        Statement.Number(_number),
        Statement.Number(end),
        Statement.Number(work),
        Statement.MaybeNumber(knownErasure),
        Statement.Flag(erases));

    public NpgsqlBatchCommand SetEnd(long end) => Statement.Of(
        "UPDATE epoch SET last_sequence=$3 WHERE node=$1 AND epoch=$2", Statement.Small(_node), Statement.Number(_epoch), Statement.Number(end));

    public void Execute(string sql)
    {
        using var command = new NpgsqlCommand(sql, _connection);
        command.ExecuteNonQuery();
    }

    public void Dispose() => _connection.Dispose();
}
