using PmOrleans.Node.Log.Postgres;
using PmOrleans.Node.Log.Writing;

namespace PmOrleans.Node.Log;

/// <summary>
/// A node's log in the PostgreSQL database that the nodes of a cluster share. Opening seals every earlier epoch of the node and begins a new one. Customers,
/// decision ids, catalog and secret are the cluster's; ranges, checkpoints and tail are this node's. Thread-safe.
/// </summary>
/// <remarks>
/// While <see cref="Health"/> is <see cref="LogHealth.Failing"/> an append is refused at once and the writer finds out by itself, at intervals
/// that grow from <see cref="NodeLogOptions.MinBackOff"/> to <see cref="NodeLogOptions.MaxBackOff"/>, when the server is back.
/// An exception out of <see cref="OnCommitted"/> or out of a completion method is a broken invariant and ends the process: a log whose
/// followers are out of step must not go on.
/// </remarks>
public sealed class PostgresNodeLog : INodeLog
{
    private readonly LogQueue _queue;
    private readonly LogGauges _gauges;
    private readonly PostgresLogWriter _writer;
    private int _disposed;

    private PostgresNodeLog(PostgresLogOptions options)
    {
        _queue = new LogQueue(options.MaxQueuedBytes);
        _gauges = new LogGauges(_queue);
        (Node, Schema) = (options.Node, options.Schema);
        Store = new PostgresStore(options.ConnectionString, options.Schema, options.MaxReaders, options.ServerTimeout);
        _writer = new PostgresLogWriter(options, StoreConnections.Writer(options), _queue, _gauges);
        Reader = Store.ReaderOf(() => _writer.Node);
    }

    public long Epoch => _writer.Epoch;

    public long CommittedSequence => _writer.Committed;

    public ReadOnlyMemory<byte> Secret => _writer.Secret;

    public LogHealth Health => _queue.Health;

    public string? Trouble => _queue.Trouble;

    public LogLoad Load => _gauges.Read(_queue);

    public ILogReader Reader { get; }

    /// <summary>The node's name.</summary>
    internal string Node { get; }

    internal string Schema { get; }

    /// <summary>What the nodes share: to read other nodes' logs, to seal them, to save what an owner has folded.</summary>
    public PostgresStore Store { get; }

    public Action<IReadOnlyList<PendingAppend>>? OnCommitted
    {
        get => _writer.OnCommitted;
        set => _writer.OnCommitted = value;
    }

    /// <summary>Connects, makes the tables where there are none, seals earlier epochs of this node, begins a new one.</summary>
    /// <exception cref="NodeLogException">Server unavailable, database or role refused, another format.</exception>
    /// <exception cref="ArgumentException">Node or schema is no name.</exception>
    public static async Task<PostgresNodeLog> OpenAsync(PostgresLogOptions options, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        ArgumentNullException.ThrowIfNull(options.ConnectionString, nameof(options));
        ArgumentNullException.ThrowIfNull(options.Node, nameof(options));
        if (options.Node.Length is 0 or > 200)
            throw new ArgumentException($"The node's name has {options.Node.Length} characters; allowed are 1 to 200.", nameof(options));
        var log = new PostgresNodeLog(options);
        try
        {
            await log._writer.StartAsync();
            return log;
        }
        catch (Exception exception)
        {
            await log.DisposeAsync();
            if (ServerFailure.IsServer(exception)) throw ServerFailure.Explain(exception, $"The store in schema '{options.Schema}' cannot be opened");
            throw;
        }
    }

    public bool TryAppend(PendingAppend append) => _queue.TryAdd(append);

    public bool TryAppend(PendingAppend append, Action<ILogTransaction> work, out Task written) => _queue.TryAdd(append, work, out written);

    public Task WriteAsync(Action<ILogTransaction> work, CancellationToken cancellation = default) => _queue.WriteAsync(work, cancellation);

    public Task FlushAsync(CancellationToken cancellation = default) => _queue.FlushAsync(cancellation);

    /// <summary>Looks, until it is one, whether the store has become one that is cut: from then on writer and readers count with it.</summary>
    /// <exception cref="NodeLogException">The server is unavailable.</exception>
    internal bool LookForBases() => _writer.HasBases = Store.LookForBases();

    /// <summary>
    /// Refuses what comes, writes what is queued for at most <see cref="NodeLogOptions.CloseTimeout"/>, fails the rest and disconnects. Records in doubt at
    /// that time are never completed: nobody knows.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0) _writer.Stop();
        await _writer.Stopped;
        await Store.DisposeAsync();
        _gauges.Dispose();
    }
}
