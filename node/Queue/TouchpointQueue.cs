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
            : Backlog.Late > Options.MaxLate ? $"{Backlog.Late} queued touchpoints wait for more than {Options.MaxAge.TotalSeconds:0.###} s; the limit is {Options.MaxLate}"
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
                // An id of its own, since a delivery may be repeated. No time of its own: this silo's clock may be behind that of one that erased the customer before.
                var row = _cipher.Write(
                    touchpoint with { MessageId = touchpoint.MessageId ?? $"queued:{_log.Epoch:x}-{Interlocked.Increment(ref _given):x}" }, now, scratch);
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

    /// <summary>The first rows of parts, in order; nothing of those that this epoch does not have.</summary>
    /// <param name="without">Customers who are not to be read now.</param>
    /// <param name="ofEach">Rows of a part at most.</param>
    internal Task<List<WaitingRow>> ReadAsync(List<short> parts, List<UInt128> without, int ofEach) => AskAsync(
        """
        SELECT q.part, q.number, q.customer, q.queued_at, q.body FROM queue_part p CROSS JOIN LATERAL (
            SELECT * FROM queued w WHERE w.part=p.part AND w.customer<>ALL($2) ORDER BY w.number LIMIT $3) q
        WHERE p.epoch=$1 AND p.part=ANY($4) ORDER BY q.part, q.number
        """,
        async command => await ReadAsync(command, row => new WaitingRow(
            row.GetInt16(0), row.GetInt64(1), Uuid.Hash(row.GetGuid(2)), row.GetInt64(3), row.GetFieldValue<byte[]>(4))),
        Statement.Number(_log.Epoch),
        Statement.Column(NpgsqlDbType.Uuid, without.ConvertAll(Uuid.Of)),
        Statement.Int(ofEach),
        Statement.Column(NpgsqlDbType.Smallint, parts));

    /// <summary>
    /// Removes what is delivered. It does not wait for the disk: what comes back after a power cut is delivered again and is a duplicate.
    /// </summary>
    internal Task DeleteAsync(List<WaitingRow> rows) => UseAsync(async connection =>
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(Statement.Of(WithoutDisk));
        batch.BatchCommands.Add(Statement.Of(
            "DELETE FROM queued q USING unnest($1, $2) AS u(part, number) WHERE q.part=u.part AND q.number=u.number",
            Statement.Column(NpgsqlDbType.Smallint, rows.ConvertAll(row => row.Part)),
            Statement.Column(NpgsqlDbType.Bigint, rows.ConvertAll(row => row.Number))));
        return await batch.ExecuteNonQueryAsync();
    });

    /// <summary>Moves rows out of the way, where an operator finds them and an erasure as well: behind one that is under way there is nothing left to move.</summary>
    /// <param name="rows">With reasons that say nothing personal.</param>
    internal Task SetAsideAsync(List<(WaitingRow Row, string Reason)> rows) => UseAsync(async connection =>
    {
        await using var transaction = await connection.BeginTransactionAsync();
        await using var batch = new NpgsqlBatch(connection, transaction);
        batch.BatchCommands.Add(Statement.Of("LOCK TABLE erased IN ROW EXCLUSIVE MODE"));
        batch.BatchCommands.Add(Statement.Of(
            """
            WITH gone AS (
                DELETE FROM queued q USING unnest($1, $2, $3) AS u(part, number, reason) WHERE q.part=u.part AND q.number=u.number
                RETURNING q.number, q.customer, q.queued_at, q.message, u.reason, q.body)
            INSERT INTO set_aside(number, customer, queued_at, message, reason, body) SELECT number, customer, queued_at, message, reason, body FROM gone
            """,
            Statement.Column(NpgsqlDbType.Smallint, rows.ConvertAll(one => one.Row.Part)),
            Statement.Column(NpgsqlDbType.Bigint, rows.ConvertAll(one => one.Row.Number)),
            Statement.Column(NpgsqlDbType.Text, rows.ConvertAll(one => one.Reason))));
        await batch.ExecuteNonQueryAsync();
        await transaction.CommitAsync();
        return rows.Count;
    });

    /// <summary>Counts what waits in the whole cluster, by a scan of the table as it lies: it reads every row anyway.</summary>
    internal async Task LookAsync()
    {
        var added = Interlocked.Read(ref _addedBytes);
        Backlog = await UseAsync(async connection =>
        {
            await using var batch = new NpgsqlBatch(connection);
            batch.BatchCommands.Add(Statement.Of("SELECT set_config('enable_seqscan', 'on', true)"));
            batch.BatchCommands.Add(Statement.Of(
                "SELECT count(*), coalesce(sum(octet_length(body)), 0)::bigint, coalesce(min(queued_at), 0), count(*) FILTER (WHERE queued_at<$1) FROM queued",
                Statement.Number(_time.NowMicros() - (Options.MaxAge.Ticks / TimeSpan.TicksPerMicrosecond))));
            await using var rows = await batch.ExecuteReaderAsync();
            await rows.NextResultAsync();
            await rows.ReadAsync();
            return new QueueBacklog(rows.GetInt64(0), rows.GetInt64(1), rows.GetInt64(2), rows.GetInt64(3));
        });
        Interlocked.Add(ref _addedBytes, -added);
    }

    // What wakes the delivery may do so to the end, and a semaphore that nobody waits for by its handle holds nothing.
    public ValueTask DisposeAsync() => _source.DisposeAsync();

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

    private Task<T> AskAsync<T>(string sql, Func<NpgsqlCommand, Task<T>> ask, params NpgsqlParameter[] parameters) => UseAsync(async connection =>
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(parameters);
        return await ask(command);
    });

    private async Task<T> UseAsync<T>(Func<NpgsqlConnection, Task<T>> use)
    {
        try
        {
            await using var connection = await StoreConnections.OpenAsync(_source, CancellationToken.None);
            return await use(connection);
        }
        catch (Exception exception) when (ServerFailure.IsServer(exception))
        {
            throw ServerFailure.Explain(exception, "The queue cannot be used");
        }
    }
}
