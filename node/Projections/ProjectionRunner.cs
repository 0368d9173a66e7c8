using System.Collections.Concurrent;
using System.Diagnostics;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Identity;
using PmOrleans.Decisioning.Learning;
using PmOrleans.Decisioning.Segments;
using PmOrleans.Node.Customers;
using PmOrleans.Node.Log;
using PmOrleans.Node.Retention;
using PmOrleans.Node.Segments;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Projections;

/// <summary>
/// The one projector of a node's log: folds committed records in order on a thread of its own, publishes the models' replica, saves state and
/// watermark in one write. After a start it folds from the last saved watermark.
/// </summary>
public sealed class ProjectionRunner : IAccounts
{
    private static readonly TimeSpan PublishEvery = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan SaveEvery = TimeSpan.FromSeconds(2);

    // Waking a thread for every group commit costs more than the folding; who must know at once folds for itself (WaitAsync).
    private static readonly TimeSpan DrainEvery = TimeSpan.FromMilliseconds(20);

    /// <summary>Records that are folded before anybody notices.</summary>
    private const int ShortLog = 20_000;

    // The start of a node keeps two processors busy; beside it, the figures of a large store would hold up the first decision.
    private static readonly TimeSpan SegmentsAfter = TimeSpan.FromSeconds(2);

    private readonly INodeLog _log;
    private readonly TimeProvider _time;
    private readonly Func<int, BetaOptions?> _optionsOf;
    private readonly Func<int, BetaOptions?> _lastOptionsOf;
    private readonly Lock _gate = new();
    private readonly ConcurrentQueue<(long Sequence, CustomerKey Customer, Fact[] Facts)> _queue = new();
    private readonly SemaphoreSlim _signal = new(0, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly SegmentFigures _segments;
    private readonly SemaphoreSlim _saving = new(1, 1);
    private AccountingFold _fold;
    private Task _loop = Task.CompletedTask;
    private ModelReplica _replica = ModelReplica.Empty;
    private long _publishedWatermark = -1;
    private long _savedWatermark = -1;

    /// <param name="optionsOf">See <see cref="AccountingFold"/>, also of the other.</param>
    public ProjectionRunner(INodeLog log, TimeProvider time, Func<int, BetaOptions?> optionsOf, Func<int, BetaOptions?> lastOptionsOf)
    {
        (_log, _time, _optionsOf, _lastOptionsOf) = (log, time, optionsOf, lastOptionsOf);
        _fold = new AccountingFold(optionsOf, lastOptionsOf);
        _segments = new SegmentFigures(log);
    }

    /// <remarks>On the projector's thread.</remarks>
    public Action<ModelReplica>? OnReplica { get; set; }

    /// <summary>Whether a new replica is published from time to time; otherwise by <see cref="PublishNow"/> alone. Default: true.</summary>
    public bool PublishesByItself { get; init; } = true;

    public ModelReplica Replica => Volatile.Read(ref _replica);

    public long Watermark
    {
        get
        {
            lock (_gate)
            {
                return _fold.Watermark;
            }
        }
    }

    public long Lag => Math.Max(0, _log.CommittedSequence - Watermark);

    public Task StartAsync()
    {
        lock (_gate)
        {
            if (_log.Reader.LoadCheckpoint(ProjectionNames.Ledgers) is not { } ledgers
                || _log.Reader.LoadCheckpoint(ProjectionNames.Models) is not { } models
                || _log.Reader.LoadCheckpoint(ProjectionNames.Experiments) is not { } experiments
                || !_fold.TryRestore(ledgers.State, models.State, experiments.State))
            {
                _fold = Begin();
            }

            _ = TryCatchUp(_fold, _log.CommittedSequence);
            _segments.Start(_fold.Watermark, after: _fold.Watermark <= ShortLog ? TimeSpan.Zero : SegmentsAfter);
            Publish();
        }

        _log.OnCommitted = OnCommitted;
        _loop = Task.Factory.StartNew(Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
        return Task.CompletedTask;
    }

    public void PublishNow()
    {
        lock (_gate)
        {
            Publish();
        }
    }

    public T Read<T>(Func<AccountingFold, T> read)
    {
        lock (_gate)
        {
            return read(_fold);
        }
    }

    public bool HasSegments => _segments.IsRestored;

    public Task RestoreSegmentsAsync() => _segments.RestoreAsync();

    public T ReadSegments<T>(Func<SegmentFold, T> read) => _segments.Read(read);

    public async Task WaitAsync(CancellationToken cancellation = default)
    {
        var target = _log.CommittedSequence;

        // What has been handed over is folded here and now: a step of a simulation waits for nothing else.
        Drain();
        while (Watermark < target)
        {
            await Task.Delay(1, cancellation);
        }
    }

    public void Refold()
    {
        // Where the log begins may move on meanwhile, at the pace of a cut: then what was folded so far leads to nothing.
        while (true)
        {
            var fresh = Begin();
            if (!TryCatchUp(fresh, _log.CommittedSequence))
            {
                continue;
            }

            lock (_gate)
            {
                if (TryCatchUp(fresh, _fold.Watermark))
                {
                    _fold = fresh;
                    _savedWatermark = -1;
                    Publish();
                    return;
                }
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
        _signal.Dispose();
        await _segments.DisposeAsync();
        _saving.Dispose();
    }

    /// <summary>Saves state and watermark; for a clean stop, and from time to time.</summary>
    public async Task SaveAsync()
    {
        // One after the other: a journal of segments goes on where the last one ended.
        await _saving.WaitAsync();
        try
        {
            await SaveOneAsync();
        }
        finally
        {
            _saving.Release();
        }
    }

    private async Task SaveOneAsync()
    {
        CheckpointRow ledgers, models, experiments;
        SegmentCheckpoint.Snapshot? segments;
        lock (_gate)
        {
            if (_fold.Watermark == _savedWatermark)
            {
                return;
            }

            ledgers = new CheckpointRow(ProjectionNames.Ledgers, _fold.Watermark, _fold.WriteLedgers());
            models = new CheckpointRow(ProjectionNames.Models, _fold.Watermark, _fold.WriteModels());
            experiments = new CheckpointRow(ProjectionNames.Experiments, _fold.Watermark, _fold.WriteExperiments());
            segments = _segments.Take();
            _savedWatermark = segments is null ? -1 : _fold.Watermark;
        }

        if (segments?.Base is not null)
        {
            await _segments.WriteBaseAsync(segments, between: Drain);
        }

        await _log.WriteAsync(transaction =>
        {
            transaction.SaveCheckpoint(ledgers);
            transaction.SaveCheckpoint(models);
            transaction.SaveCheckpoint(experiments);
            if (segments is not null)
            {
                _segments.Write(segments, transaction);
            }
        });
        if (segments is not null)
        {
            _segments.Saved(segments);
        }
    }

    /// <summary>The fold of what is no longer in the log.</summary>
    private AccountingFold Begin() => LogBase.Load(_log.Reader) is { } begin
        ? AccountingFold.BeginAt(begin.Ledgers, begin.Models, begin.Experiments, _optionsOf, _lastOptionsOf)
        : new AccountingFold(_optionsOf, _lastOptionsOf);

    private void OnCommitted(IReadOnlyList<PendingAppend> records)
    {
        foreach (var record in records)
        {
            _queue.Enqueue((record.Sequence, record.Customer, record is PendingCommand command ? command.Projected : []));
        }

        if (_signal.CurrentCount == 0)
        {
            try
            {
                _signal.Release();
            }
            catch (SemaphoreFullException)
            {
                // Another release came first; the loop is awake.
            }
        }
    }

    private async Task Run()
    {
        var sinceSave = Stopwatch.StartNew();
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(DrainEvery, _stop.Token);
                await _signal.WaitAsync(PublishEvery, _stop.Token);
            }
            catch (OperationCanceledException)
            {
                break;
            }

            Drain();
            if (sinceSave.Elapsed >= SaveEvery)
            {
                sinceSave.Restart();
                try
                {
                    await SaveAsync();
                }
                catch (Exception failure) when (failure is not OperationCanceledException)
                {
                    // The log cannot be written now and says so itself; what was not saved is folded again after a start.
                    _savedWatermark = -1;
                }
            }
        }

        Drain();
    }

    private readonly Stopwatch _sincePublish = Stopwatch.StartNew();

    private void Drain()
    {
        lock (_gate)
        {
            while (_queue.TryDequeue(out var record))
            {
                _fold.Apply(record.Sequence, _log.Epoch, record.Facts);
                _segments.Apply(record.Sequence, record.Customer, record.Facts);
            }

            if (PublishesByItself && _fold.Watermark != _publishedWatermark && _sincePublish.Elapsed >= PublishEvery)
            {
                Publish();
            }
        }
    }

    private void Publish()
    {
        _sincePublish.Restart();
        _publishedWatermark = _fold.Watermark;
        var now = _time.NowMicros();
        var snapshots = new BetaSnapshot?[_fold.Models.Count == 0 ? 0 : _fold.Models.Keys.Max() + 1];
        foreach (var (policy, model) in _fold.Models)
        {
            snapshots[policy] = model.Publish(now);
        }

        var replica = new ModelReplica(_fold.Watermark, snapshots);
        Volatile.Write(ref _replica, replica);
        OnReplica?.Invoke(replica);
    }

    /// <summary>Reads the log on to a sequence.</summary>
    /// <returns><c>false</c>: the log was cut behind the fold.</returns>
    private bool TryCatchUp(AccountingFold fold, long until)
    {
        while (fold.Watermark < until)
        {
            var rows = _log.Reader.ReadRange(fold.Watermark, 2000);
            if (rows.Count == 0)
            {
                return true;
            }

            if (rows[0].Sequence > fold.Watermark + 1 && LogBegin.Load(_log.Reader)?.Sequence > fold.Watermark)
            {
                return false;
            }

            foreach (var row in rows)
            {
                if (row.Sequence > until)
                {
                    return true;
                }

                fold.Apply(row.Sequence, row.Epoch, FactCodec.Read(row.Accounting, []));
            }
        }

        return true;
    }
}
