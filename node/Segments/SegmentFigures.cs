using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Identity;
using PmOrleans.Decisioning.Segments;
using PmOrleans.Node.Log;

namespace PmOrleans.Node.Segments;

/// <summary>
/// The segments' figures of a node that is alone. No decision needs them, and of a million customers they take longer to restore than all that one does need: a thread
/// of its own brings them back from the store, then up to what the node has committed meanwhile.
/// </summary>
internal sealed class SegmentFigures(INodeLog log) : IAsyncDisposable
{
    private const int Page = 2000;
    private static readonly TimeSpan AfterOutage = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private readonly SegmentCheckpoint _saved = new(log);
    private readonly CancellationTokenSource _stop = new();
    private readonly ManualResetEventSlim _wanted = new();
    private Task _restoring = Task.CompletedTask;
    private SegmentFold? _fold;
    private long _told;

    /// <summary>Whether <see cref="Read"/> can be called: the fold has every record that was told.</summary>
    public bool IsRestored => Volatile.Read(ref _fold) is not null;

    /// <param name="until">The last record that is committed. Those after it are told, see <see cref="Apply"/>.</param>
    /// <param name="after">How long from now the restoring begins, unless somebody wants to read figures before.</param>
    public void Start(long until, TimeSpan after = default)
    {
        _told = until;
        _restoring = Task.Factory.StartNew(() => Restore(after), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Restores without waiting any longer; completes when that is done.</summary>
    public Task RestoreAsync()
    {
        _wanted.Set();
        return _restoring;
    }

    /// <summary>Folds a committed record. Until all is restored it is read from the log instead, with what came before it.</summary>
    public void Apply(long sequence, CustomerKey customer, IReadOnlyList<Fact> facts)
    {
        lock (_gate)
        {
            _told = sequence;
            _fold?.Apply(sequence, customer, facts);
        }
    }

    /// <summary>No record is folded meanwhile.</summary>
    /// <exception cref="InvalidOperationException">Not restored yet.</exception>
    public T Read<T>(Func<SegmentFold, T> read)
    {
        lock (_gate)
        {
            return read(_fold ?? throw new InvalidOperationException("the figures of segments are not restored yet"));
        }
    }

    /// <summary>What must be written so that a start finds the fold as it is now; <c>null</c> while that is what the store has and the log.</summary>
    public SegmentCheckpoint.Snapshot? Take()
    {
        lock (_gate)
        {
            return _fold is { } fold ? _saved.Take(fold) : null;
        }
    }

    /// <inheritdoc cref="SegmentCheckpoint.WriteBaseAsync"/>
    public Task WriteBaseAsync(SegmentCheckpoint.Snapshot snapshot, Action between) => _saved.WriteBaseAsync(snapshot, between);

    /// <inheritdoc cref="SegmentCheckpoint.Write"/>
    public void Write(SegmentCheckpoint.Snapshot snapshot, ILogTransaction transaction) => _saved.Write(snapshot, transaction);

    /// <inheritdoc cref="SegmentCheckpoint.Saved"/>
    public void Saved(SegmentCheckpoint.Snapshot snapshot) => _saved.Saved(snapshot);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();

        // Whatever ended it has been told to whoever asked for figures.
        await _restoring.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _fold?.Dispose();
        _stop.Dispose();
        _wanted.Dispose();
    }

    private void Restore(TimeSpan after)
    {
        _wanted.Wait(after, _stop.Token);
        SegmentFold? fold = null;
        while (true)
        {
            _stop.Token.ThrowIfCancellationRequested();
            try
            {
                fold ??= _saved.Resume() ?? _saved.Begin();
                CatchUp(fold, Volatile.Read(ref _told));
            }
            catch (NodeLogException)
            {
                // The store cannot be read now, and says so itself.
                _stop.Token.WaitHandle.WaitOne(AfterOutage);
                continue;
            }

            lock (_gate)
            {
                if (fold.Watermark >= _told)
                {
                    Volatile.Write(ref _fold, fold);
                    return;
                }
            }
        }
    }

    private void CatchUp(SegmentFold fold, long until)
    {
        while (fold.Watermark < until)
        {
            _stop.Token.ThrowIfCancellationRequested();
            var rows = log.Reader.ReadRange(fold.Watermark, Page);
            foreach (var row in rows)
            {
                fold.Apply(row.Sequence, row.Customer, FactCodec.Read(row.Accounting, []));
            }

            if (rows.Count == 0)
            {
                // Committed, so it is there for every reader that begins now.
                throw new InvalidOperationException($"record {fold.Watermark + 1} is missing in a log that ends with {until}");
            }
        }
    }
}
