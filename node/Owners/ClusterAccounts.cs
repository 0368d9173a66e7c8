using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Learning;
using PmOrleans.Decisioning.Segments;
using PmOrleans.Node.Customers;
using PmOrleans.Node.Engine;
using PmOrleans.Node.Leases;
using PmOrleans.Node.Log;
using PmOrleans.Node.Projections;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Owners;

/// <summary>
/// Ledgers and models of the whole cluster as this node knows them: its own log goes to the owners in contiguous stretches, and with each answer comes what
/// changed there, by whatever node.
/// </summary>
public sealed class ClusterAccounts : IAccounts
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    /// <summary>Longer than an owner is away when its silo dies.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly NodeEngine _engine;
    private readonly INodeLog _log;
    private readonly TimeProvider _time;
    private readonly IOwners _owners;
    private readonly Func<SegmentBook?> _segments;
    private readonly IOwnerNotices? _notices;
    private readonly Lock _gate = new();
    private readonly AccountingFold _figures;
    private readonly Feed[] _feeds;
    private readonly CancellationTokenSource _stop = new();
    private TaskCompletionSource _progress = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private BetaSnapshot?[] _snapshots = [];
    private ModelReplica _replica = ModelReplica.Empty;
    private IReadOnlyDictionary<int, PaceForecast> _elsewhere = new Dictionary<int, PaceForecast>();

    /// <param name="segments">The segments' figures, where their owner is on this node.</param>
    public ClusterAccounts(NodeEngine engine, string node, IOwners owners, Func<SegmentBook?> segments, IOwnerNotices? notices = null)
    {
        (_engine, _log, _time, _owners, _segments, _notices) = (engine, engine.Log, engine.Time, owners, segments, notices);
        _figures = new AccountingFold(OptionsOf);
        _feeds = [.. Enum.GetValues<OwnerName>().Select(owner => new Feed(this, owner, node))];
    }

    public Action<ModelReplica>? OnReplica { get; set; }

    public ModelReplica Replica => Volatile.Read(ref _replica);

    public long Watermark => Read(fold => fold.Watermark);

    public long Lag => Math.Max(0, _log.CommittedSequence - Acked);

    public PaceForecast ForecastElsewhere(int campaign) => Volatile.Read(ref _elsewhere).GetValueOrDefault(campaign);

    /// <summary>Last sequence of this node's log that every owner has folded.</summary>
    public long Acked => _feeds.Min(feed => feed.Range.Acked);

    public async Task StartAsync()
    {
        _log.OnCommitted = OnCommitted;
        foreach (var feed in _feeds)
        {
            feed.Start();
        }

        try
        {
            using var limit = new CancellationTokenSource(StartLimit);
            await WaitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            throw new NodeLogException(NodeLogError.Unavailable, $"The owners of campaigns, models and segments did not take this node's log within {StartLimit.TotalSeconds} s.");
        }
    }

    public T Read<T>(Func<AccountingFold, T> read)
    {
        lock (_gate)
        {
            return read(_figures);
        }
    }

    public bool HasSegments => true;

    public Task RestoreSegmentsAsync() => Task.CompletedTask;

    public SegmentBook? Segments => _segments();

    public T ReadSegments<T>(Func<SegmentFold, T> read)
    {
        if (_segments() is { } book)
        {
            return book.Read(read);
        }

        using var none = new SegmentFold();
        return read(none);
    }

    public async Task WaitAsync(CancellationToken cancellation = default)
    {
        for (var target = _log.CommittedSequence; ;)
        {
            var progress = Volatile.Read(ref _progress);
            if (Acked >= target)
            {
                return;
            }

            foreach (var feed in _feeds)
            {
                feed.Hurry();
            }

            await progress.Task.WaitAsync(cancellation);
        }
    }

    public void PublishNow() => OnReplica?.Invoke(Replica);

    public void Refold()
    {
        // The owner forgets what meant something else when it hears of the version, and asks for the whole log.
        _feeds[(int)OwnerName.Models].Range.Forget();
    }

    /// <summary>The owners save.</summary>
    public Task SaveAsync() => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (var feed in _feeds)
        {
            await feed.Ended;
            feed.Dispose();
        }

        _stop.Dispose();
    }

    /// <summary>Of the live catalog; of a policy that it has no more, those that its model was folded with.</summary>
    internal BetaOptions OptionsOf(int policy) =>
        _engine.ModelOptions(policy) ?? Read(fold => fold.Models.GetValueOrDefault(policy)?.Options) ?? new BetaOptions();

    private void OnCommitted(IReadOnlyList<PendingAppend> records)
    {
        foreach (var record in records)
        {
            var facts = record is PendingCommand command ? command.Projected : [];
            foreach (var feed in _feeds)
            {
                feed.Range.Add(record.Sequence, _log.Epoch, record.Customer, record.CustomerSequence, facts);
            }
        }
    }

    private void Learn(OwnerName owner, RangeAnswer answer)
    {
        switch (owner)
        {
            case OwnerName.Campaigns:
                var changes = LedgerBook.ReadChanges(answer.Changes);
                lock (_gate)
                {
                    _figures.Replace(changes.Ledgers, changes.Experiments, changes.Watermark);
                }

                Volatile.Write(ref _elsewhere, changes.Elsewhere);
                _engine.GiveBack(changes.Wanted);
                break;
            case OwnerName.Models:
                var (_, models) = ModelBook.ReadChanges(answer.Changes, _engine.ModelOptions);
                if (models.Count > 0)
                {
                    Publish(models, answer.Version);
                }

                break;
        }
    }

    private void Publish(List<BetaModel> models, long version)
    {
        var now = _time.NowMicros();
        var snapshots = _snapshots.ToArray();
        Array.Resize(ref snapshots, Math.Max(snapshots.Length, models.Max(model => model.Policy) + 1));
        lock (_gate)
        {
            foreach (var model in models)
            {
                _figures.Replace(model);
                snapshots[model.Policy] = model.Publish(now);
            }
        }

        _snapshots = snapshots;
        var replica = new ModelReplica(version, snapshots);
        Volatile.Write(ref _replica, replica);
        OnReplica?.Invoke(replica);
    }

    private void Progressed() =>
        Interlocked.Exchange(ref _progress, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    /// <summary>The way to one owner, with a loop of its own, so that one that does not answer holds up nobody else.</summary>
    private sealed class Feed : IDisposable
    {
        private readonly ClusterAccounts _accounts;
        private readonly OwnerName _owner;
        private readonly SemaphoreSlim _hurry = new(0);
        private Guid _activation;
        private long _version = -1;
        private long? _failsSince;
        private long? _toldOf;

        public Feed(ClusterAccounts accounts, OwnerName owner, string node)
        {
            (_accounts, _owner) = (accounts, owner);
            Range = new RangeFeed(node, accounts._log.Epoch, accounts._log.Reader, from => RangeDelta.After(owner, from, accounts.OptionsOf), SendAsync);
        }

        public RangeFeed Range { get; }

        public Task Ended { get; private set; } = Task.CompletedTask;

        public void Start() => Ended = Task.Run(RunAsync);

        public void Hurry()
        {
            if (_hurry.CurrentCount == 0)
            {
                _hurry.Release();
            }
        }

        public void Dispose() => _hurry.Dispose();

        private async Task RunAsync()
        {
            var stop = _accounts._stop.Token;
            while (!stop.IsCancellationRequested)
            {
                var pause = Every;
                try
                {
                    var answer = await Range.StepAsync(_accounts._log.CommittedSequence);
                    (_activation, _version) = (answer.Activation, answer.Version);
                    _accounts.Learn(_owner, answer);
                    _accounts.Progressed();
                    Succeeded();
                }
                catch (Exception outage) when (outage is NodeUnavailableException or NodeLogException)
                {
                    // Nothing is lost: what the owner lacks is told again.
                    pause = AfterFailure;
                    Failed(outage);
                }
                catch (Exception broken) when (broken is not OperationCanceledException)
                {
                    // What was put together or answered cannot be used: asked and put together anew, or every reader of these figures would wait for good.
                    Range.Forget();
                    pause = AfterFailure;
                    Failed(broken);
                }

                try
                {
                    await _hurry.WaitAsync(pause, stop);
                }
                catch (OperationCanceledException)
                {
                    return;
                }
            }
        }

        /// <summary>While the log cannot be written, the store is what is away, and whoever hears of that need not hear of each owner.</summary>
        private void Failed(Exception failure)
        {
            _failsSince = _accounts._log.Health == LogHealth.Healthy ? _failsSince ?? _accounts._time.GetTimestamp() : null;
            if (_toldOf is null && _failsSince is { } since && _accounts._time.GetElapsedTime(since) is var elapsed && elapsed >= Patience)
            {
                _toldOf = since;
                _accounts._notices?.NotTaken(_owner, elapsed, failure);
            }
        }

        private void Succeeded()
        {
            if (_toldOf is { } since)
            {
                _accounts._notices?.TakenAgain(_owner, _accounts._time.GetElapsedTime(since));
            }

            (_failsSince, _toldOf) = (null, null);
        }

        private ValueTask<RangeAnswer> SendAsync(RangeReport report)
        {
            var (version, meanings) = _owner == OwnerName.Models ? _accounts._engine.Meanings : (_accounts._engine.CatalogVersion, []);
            return _accounts._owners.ReportAsync(
                _owner,
                report with
                {
                    CatalogVersion = version,
                    Meanings = meanings,
                    Forecasts = _owner == OwnerName.Campaigns ? _accounts._engine.PaceForecasts : [],
                    Activation = _activation,
                    Version = _version,
                });
        }
    }
}
