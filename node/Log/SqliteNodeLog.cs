using System.Diagnostics;
using PmOrleans.Node.Log.Sqlite;
using PmOrleans.Node.Log.Sqlite.Index;
using PmOrleans.Node.Log.Writing;
using PmOrleans.Node.Retention;

namespace PmOrleans.Node.Log;

/// <summary>
/// The node's log in a data folder of this machine: one SQLite file, one process. Opening seals every earlier epoch of the log and begins a
/// new one. Thread-safe.
/// </summary>
/// <remarks>
/// While <see cref="Health"/> is <see cref="LogHealth.Failing"/> an append is refused at once and the writer finds out by itself, at intervals
/// that grow from <see cref="NodeLogOptions.MinBackOff"/> to <see cref="NodeLogOptions.MaxBackOff"/>, when the store is back.
/// An exception out of <see cref="OnCommitted"/> or out of a completion method is a broken invariant and ends the process: a log whose
/// followers are out of step must not go on.
/// </remarks>
public sealed class SqliteNodeLog : INodeLog
{
    // Whoever opens the log starts a node, and what spares look-ups later takes no processor from that.
    private static readonly TimeSpan FilterAfter = TimeSpan.FromSeconds(4);

    private readonly LogFolder _folder;
    private readonly LogQueue _queue;
    private readonly LogGauges _gauges;
    private readonly SqliteLogWriter _writer;
    private readonly ReaderPool _readers;
    private readonly SqliteLogReader _reader;
    private readonly DecisionFilter _filter;
    private readonly LogIndex _index;
    private readonly string _path;
    private int _disposed;

    private SqliteNodeLog(LogFolder folder, SqliteLogOptions options)
    {
        _folder = folder;
        _path = Path.Combine(options.Folder, LogSchema.FileName);
        _queue = new LogQueue(options.MaxQueuedBytes);
        _gauges = new LogGauges(_queue);
        _filter = new DecisionFilter(_path, options.BusyTimeout);
        _index = new LogIndex(options.IndexRoundRecords, _filter);
        _writer = new SqliteLogWriter(options, folder, _path, _queue, _gauges, _index);
        _readers = new ReaderPool(_path, options.BusyTimeout);
        Reader = _reader = new SqliteLogReader(_readers, () => _index);
    }

    public long Epoch => _writer.Epoch;

    public long CommittedSequence => _writer.Committed;

    public ReadOnlyMemory<byte> Secret => _writer.Secret;

    public LogHealth Health => _queue.Health;

    public string? Trouble => _queue.Trouble;

    public LogLoad Load => _gauges.Read(_queue);

    public StoreSize? Size
    {
        get
        {
            try
            {
                return _reader.Size();
            }
            catch (NodeLogException)
            {
                // Whoever asks wants a figure to look at; that the store cannot be read is told elsewhere.
                return null;
            }
        }
    }

    /// <summary>Bytes accepted and not yet completed.</summary>
    public long QueuedBytes => _queue.Bytes;

    /// <summary>Records accepted and not yet completed.</summary>
    public int QueuedRecords => _queue.Records;

    /// <summary>Erased content is still in the write-ahead log, because a reader held it when it was to be emptied; it is tried again all the time.</summary>
    public bool IsErasurePending => _writer.IsErasurePending;

    public ILogReader Reader { get; }

    internal DecisionFilter Filter => _filter;

    internal string Folder => Path.GetDirectoryName(_path)!;

    public Action<IReadOnlyList<PendingAppend>>? OnCommitted
    {
        get => _writer.OnCommitted;
        set => _writer.OnCommitted = value;
    }

    /// <summary>Takes the folder, opens or makes the store, seals earlier epochs, begins a new one.</summary>
    /// <exception cref="NodeLogException">
    /// In use by another process, folder unusable, file damaged or no store, format of a later release, store unavailable.
    /// </exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static async Task<SqliteNodeLog> OpenAsync(SqliteLogOptions options, CancellationToken cancellation = default)
    {
        if (options.Validate() is { Count: > 0 } problems) throw new ArgumentException(string.Join("; ", problems), nameof(options));
        cancellation.ThrowIfCancellationRequested();
        var log = new SqliteNodeLog(LogFolder.Take(options.Folder), options);
        try
        {
            await log._writer.StartAsync();
            log._filter.Start(log.CommittedSequence, log._index.Decisions, FilterAfter);
            return log;
        }
        catch (Exception exception)
        {
            await log.DisposeAsync();
            if (exception is SqliteStoreException store) throw store.Explain($"The store '{log._path}' cannot be opened");
            throw;
        }
    }

    public bool TryAppend(PendingAppend append) => _queue.TryAdd(append);

    public bool TryAppend(PendingAppend append, Action<ILogTransaction> work, out Task written) => _queue.TryAdd(append, work, out written);

    public Task WriteAsync(Action<ILogTransaction> work, CancellationToken cancellation = default) => _queue.WriteAsync(work, cancellation);

    public Task FlushAsync(CancellationToken cancellation = default) => _queue.FlushAsync(cancellation);

    /// <summary>Copies the store as of now into a new file while writing goes on; see <see cref="SqliteStore.BackupAsync"/>.</summary>
    public Task BackupAsync(string target, CancellationToken cancellation = default) =>
        SqliteStore.BackupAsync(Folder, target, cancellation);

    /// <summary>Makes the store one that can be cut; changes nothing of one that was cut before.</summary>
    /// <exception cref="NodeLogException">The store cannot be written.</exception>
    internal async Task PrepareCutAsync()
    {
        if (_reader.HasBases()) return;
        await WriteAsync(static transaction => ((LogTransaction)transaction).PrepareCut());
        _reader.HaveBases();
    }

    /// <summary>Cuts some records in the writer's next transaction, behind <see cref="PrepareCutAsync"/>.</summary>
    /// <returns>What <see cref="CutTransaction.TryRun"/> says, and how long it held up what the writer has with it and behind it, the commit included.</returns>
    /// <exception cref="NodeLogException">The store cannot be written.</exception>
    internal async Task<(bool IsCut, TimeSpan Took)> CutAsync(CutStep step)
    {
        var (isCut, started) = (false, 0L);
        await WriteAsync(transaction =>
        {
            started = Stopwatch.GetTimestamp();
            isCut = ((LogTransaction)transaction).TryCut(step);
        });
        return (isCut, Stopwatch.GetElapsedTime(started));
    }

    /// <summary>
    /// Refuses what comes, writes what is queued for at most <see cref="NodeLogOptions.CloseTimeout"/>, fails the rest and gives the folder
    /// back. Records in doubt at that time are never completed: nobody knows.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0) _writer.Stop();
        await _writer.Stopped;
        _filter.Dispose();
        _readers.Dispose();
        _gauges.Dispose();
        _folder.Dispose();
    }
}
