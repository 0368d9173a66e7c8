using Npgsql;
using NpgsqlTypes;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Log;
using PmOrleans.Node.Log.Postgres;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Queue;

/// <summary>
/// The queue of touchpoints that are acknowledged and not yet with their customers, in the database of a cluster. Rows come in by the node's log writer, under its
/// fence and with its group commit. They are read by the node that has their part, under the epoch it writes under: when that is sealed, another node may take
/// the part. What is delivered is deleted. Thread-safe.
/// </summary>
public sealed class TouchpointQueue : IAsyncDisposable
{
    private const string WithoutDisk = "SELECT set_config('synchronous_commit', 'off', true)";

    private readonly NpgsqlDataSource _source;
    private readonly INodeLog _log;
    private readonly TimeProvider _time;
    private readonly QueueCipher _cipher;
    private readonly SemaphoreSlim _news = new(0);
    private readonly Lock _gate = new();
    private QueueBacklog _backlog;
    private long _addedBytes;
    private long _given;

    /// <param name="log">The node's own; stays its owner's.</param>
    public TouchpointQueue(PostgresNodeLog log, QueueOptions options, TimeProvider time)
    {
        (_log, Options, _time) = (log, options, time);
        _cipher = new QueueCipher(log.Secret.Span);
        _source = log.Store.OpenQueue();
    }

    public QueueOptions Options { get; }

    /// <summary>As of the last look; what other nodes added since is not in it.</summary>
    internal QueueBacklog Backlog
    {
        get
        {
            lock (_gate) return _backlog;
        }

        private set
        {
            lock (_gate) _backlog = value;
        }
    }

    internal TimeSpan Age => Backlog.AgeAt(_time.NowMicros());

    internal TimeProvider Time => _time;

    /// <summary>Why nothing more may be queued now; <c>null</c>: it may.</summary>
    internal string? Full()
    {
        var bytes = Backlog.Bytes + Interlocked.Read(ref _addedBytes);
        return bytes > Options.MaxBytes ? $"{bytes} bytes of touchpoints are queued; the limit is {Options.MaxBytes}"
            : Age > Options.MaxAge ? $"the oldest queued touchpoint waits for {Age.TotalSeconds:F0} s; the limit is {Options.MaxAge.TotalSeconds:F0} s"
            : null;
    }

    /// <summary>Queues touchpoints, in their order; they are durable when this completes.</summary>
    /// <exception cref="NodeLogException">None of them is queued.</exception>
    internal async Task AddAsync(IReadOnlyList<Touchpoint> touchpoints)
    {
        var now = _time.NowMicros();
        var rows = new List<QueuedRow>(touchpoints.Count);
        long bytes = 0;
        using (var scratch = new ByteWriter())
        {
            foreach (var touchpoint in touchpoints)
            {
                // A claimed time of its own, since the delivery's is later; an id of its own, since a delivery may be repeated.
                var row = _cipher.Write(
                    touchpoint with { AtMicros = touchpoint.AtMicros ?? now, MessageId = touchpoint.MessageId ?? $"queued:{_log.Epoch:x}-{Interlocked.Increment(ref _given):x}" },
                    now,
                    scratch);
                bytes += row.Body.Length;
                rows.Add(row);
            }
        }

        Interlocked.Add(ref _addedBytes, bytes);
        await _log.WriteAsync(transaction => transaction.Enqueue(rows));
        Wake();
    }

    /// <summary>Whether anything sent under an id waits.</summary>
    internal Task<bool> HasAsync(UInt128 customer) => AskAsync(
        "SELECT EXISTS(SELECT 1 FROM queued WHERE part=queue_part_of($1) AND customer=$1) OR EXISTS(SELECT 1 FROM set_aside WHERE customer=$1)",
        async command => (bool)(await command.ExecuteScalarAsync())!,
        Statement.Key(Uuid.Of(customer)));

    /// <summary>Ends the wait for news.</summary>
    internal void Wake()
    {
        if (_news.CurrentCount == 0)
        {
            _news.Release();
        }
    }

    /// <summary>Until this node has queued something, or <see cref="Wake"/>, or a while has passed.</summary>
    internal Task WaitAsync(TimeSpan atMost, CancellationToken cancellation) => _news.WaitAsync(atMost, cancellation);

    internal Touchpoint Open(WaitingRow row) => _cipher.Read(row.Body);

    /// <summary>Takes the wanted parts that nobody has, or whose reader's epoch is sealed; a sealed epoch takes nothing.</summary>
    /// <returns>All that this epoch has now.</returns>
    internal Task<List<short>> TakeAsync(List<short> wanted) => AskAsync(
        """
        WITH taken AS (
            UPDATE queue_part p SET epoch=$1 WHERE p.part=ANY($2) AND p.epoch<>$1
            AND (p.epoch=0 OR EXISTS(SELECT 1 FROM epoch e WHERE e.epoch=p.epoch AND e.sealed))
            AND EXISTS(SELECT 1 FROM epoch e WHERE e.epoch=$1 AND NOT e.sealed) RETURNING p.part)
        SELECT part FROM taken UNION SELECT part FROM queue_part WHERE epoch=$1
        """,
        async command => await ReadAsync(command, row => row.GetInt16(0)),
        Statement.Number(_log.Epoch),
        Statement.Column(NpgsqlDbType.Smallint, wanted));

    /// <summary>Leaves parts to other nodes; nothing of them may be under way.</summary>
    internal Task GiveBackAsync(List<short> parts) => AskAsync(
        "UPDATE queue_part SET epoch=0 WHERE epoch=$1 AND part=ANY($2)",
        async command => await command.ExecuteNonQueryAsync(),
        Statement.Number(_log.Epoch),
        Statement.Column(NpgsqlDbType.Smallint, parts));

    /// <summary>The first rows of each part that this epoch has, in order.</summary>
    /// <param name="without">Customers who are not to be read now.</param>
    /// <param name="ofEach">Rows of a part at most.</param>
    internal Task<List<WaitingRow>> ReadAsync(List<UInt128> without, int ofEach) => AskAsync(
        """
        SELECT q.part, q.number, q.customer, q.queued_at, q.body FROM queue_part p CROSS JOIN LATERAL (
            SELECT * FROM queued w WHERE w.part=p.part AND w.customer<>ALL($2) ORDER BY w.number LIMIT $3) q
        WHERE p.epoch=$1 ORDER BY q.part, q.number
        """,
        async command => await ReadAsync(command, row => new WaitingRow(
            row.GetInt16(0), row.GetInt64(1), Uuid.Hash(row.GetGuid(2)), row.GetInt64(3), row.GetFieldValue<byte[]>(4))),
        Statement.Number(_log.Epoch),
        Statement.Column(NpgsqlDbType.Uuid, without.ConvertAll(Uuid.Of)),
        Statement.Int(ofEach));

    /// <summary>
    /// Removes what is delivered. It does not wait for the disk: what comes back after a power cut is delivered again and is a duplicate.
    /// </summary>
    internal async Task DeleteAsync(List<WaitingRow> rows)
    {
        await using var connection = await OpenAsync();
        try
        {
            await using var batch = new NpgsqlBatch(connection);
            batch.BatchCommands.Add(Statement.Of(WithoutDisk));
            batch.BatchCommands.Add(Statement.Of(
                "DELETE FROM queued q USING unnest($1, $2) AS u(part, number) WHERE q.part=u.part AND q.number=u.number",
                Statement.Column(NpgsqlDbType.Smallint, rows.ConvertAll(row => row.Part)),
                Statement.Column(NpgsqlDbType.Bigint, rows.ConvertAll(row => row.Number))));
            await batch.ExecuteNonQueryAsync();
        }
        catch (Exception exception) when (ServerFailure.IsServer(exception))
        {
            throw ServerFailure.Explain(exception, "The queue cannot be written");
        }
    }

    /// <summary>Moves one row out of the way, where an operator finds it and an erasure as well.</summary>
    /// <param name="reason">Nothing personal.</param>
    internal Task SetAsideAsync(WaitingRow row, string reason) => AskAsync(
        """
        WITH gone AS (DELETE FROM queued WHERE part=$1 AND number=$2 RETURNING number, customer, queued_at, message, body)
        INSERT INTO set_aside(number, customer, queued_at, message, reason, body) SELECT number, customer, queued_at, message, $3, body FROM gone
        """,
        async command => await command.ExecuteNonQueryAsync(),
        Statement.Small(row.Part),
        Statement.Number(row.Number),
        Statement.Text(reason));

    /// <summary>Counts what waits in the whole cluster.</summary>
    internal async Task LookAsync()
    {
        var added = Interlocked.Read(ref _addedBytes);
        Backlog = await AskAsync(
            "SELECT count(*), coalesce(sum(octet_length(body)), 0)::bigint, coalesce(min(queued_at), 0) FROM queued",
            async command => (await ReadAsync(command, row => new QueueBacklog(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2))))[0]);
        Interlocked.Add(ref _addedBytes, -added);
    }

    public async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync();
        _news.Dispose();
    }

    private static async Task<List<T>> ReadAsync<T>(NpgsqlCommand command, Func<NpgsqlDataReader, T> read)
    {
        await using var rows = await command.ExecuteReaderAsync();
        var found = new List<T>();
        while (await rows.ReadAsync())
        {
            found.Add(read(rows));
        }

        return found;
    }

    private async Task<T> AskAsync<T>(string sql, Func<NpgsqlCommand, Task<T>> ask, params NpgsqlParameter[] parameters)
    {
        await using var connection = await OpenAsync();
        try
        {
            await using var command = new NpgsqlCommand(sql, connection);
            command.Parameters.AddRange(parameters);
            return await ask(command);
        }
        catch (Exception exception) when (ServerFailure.IsServer(exception))
        {
            throw ServerFailure.Explain(exception, "The queue cannot be used");
        }
    }

    private async Task<NpgsqlConnection> OpenAsync()
    {
        try
        {
            return await _source.OpenConnectionAsync();
        }
        catch (Exception exception) when (ServerFailure.IsServer(exception))
        {
            throw ServerFailure.Explain(exception, "The queue cannot be reached");
        }
    }
}
