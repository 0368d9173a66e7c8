using PmOrleans.Decisioning.Budgets;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Node.Catalog;
using PmOrleans.Node.Customers;
using PmOrleans.Node.Leases;
using PmOrleans.Node.Log;
using PmOrleans.Node.Port;
using PmOrleans.Node.Projections;
using PmOrleans.Node.Publishing;
using PmOrleans.Node.Queue;
using PmOrleans.Node.Reach;
using PmOrleans.Node.Refolding;
using PmOrleans.Node.Retention;
using PmOrleans.Node.Segments;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Engine;

/// <summary>
/// What every host is made of: one node with its log, the customers that are live here, commands, leases, catalog and models. A host opens the log, says
/// how customers are reached, and puts calls through.
/// </summary>
public sealed partial class NodeEngine : IDecisionNode, IAsyncDisposable
{
    private const int MostAttempts = 10;

    /// <summary>Customers loaded at one time: as many as a store answers side by side, and fewer than threads there are.</summary>
    private const int MostLoads = 16;
    private static readonly TimeSpan MostFiguresWait = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MostStopWait = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LooksForPeersEvery = TimeSpan.FromMilliseconds(100);
    private static readonly LogFailure TakesNothing = new(LogFailureKind.Unavailable, "the log takes nothing in now");

    private readonly NodeEngineOptions _options;
    private readonly TimeProvider _time;
    private readonly INodeLog _log;
    private readonly NodeHost _host;
    private readonly NodeHashes _hashes;
    private readonly CatalogStore _catalogs;
    private readonly DirtyCustomers _dirty = new();
    private readonly CustomerDirectory _directory;
    private readonly CustomerLoader _loader;
    private readonly CustomerReads? _reads;
    private readonly KnownIds? _known;
    private readonly CustomerCommands _commands;
    private readonly IAccounts _accounts;
    private readonly RfmKeeper _rfm;
    private readonly SharedRfmSweep? _rescore;
    private readonly IBudgetOwner _budgets;
    private readonly LeaseBook _leases = new();
    private readonly LeaseKeeper _keeper;
    private readonly PaceKeeper _pace;
    private readonly SnapshotWriter _snapshots;
    private readonly DueLoop _due;
    private readonly CatalogHistory _history;
    private readonly DraftStore _drafts;
    private readonly StockSwitch _stock;
    private readonly TrialCatalogs _trials;
    private readonly ReachJobs _reach;
    private readonly RefoldSweep _refold;
    private readonly LogRetention? _retention;
    private readonly SemaphoreSlim _publishing = new(1, 1);
    private readonly DecisionClaims _claims = new();
    private readonly RecentDecisions _recent = new();
    private readonly NodeMetrics _metrics;
    private readonly SemaphoreSlim _loads = new(MostLoads);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _environmentGate = new();
    private DecisionEnvironment? _environment;
    private string? _notReady = "starting";

    private NodeEngine(INodeLog log, NodeEngineOptions options, TimeProvider time, NodeHost host)
    {
        (_log, _options, _time, _host) = (log, options, time, host);
        _hashes = new NodeHashes(log.Secret.Span);
        _catalogs = new CatalogStore(log, time);
        _history = new CatalogHistory(log, _catalogs);
        _drafts = new DraftStore(log, time);
        _stock = new StockSwitch(log);
        _trials = new TrialCatalogs(_catalogs, _drafts);
        _directory = new CustomerDirectory(_dirty);
        _reach = new ReachJobs(log, _directory, isAlone: host.Budgets is null, time);
        _loader = new CustomerLoader(log, _dirty, _hashes) { FindDefinitions = _catalogs.ByDefinitions, FindVersion = _catalogs.Version };
        _reads = log.Reader.IsRemote ? new CustomerReads(log.Reader) : null;
        // Where there is a queue, touchpoints of unknown ids may be erased, by whom is not known here.
        _known = log.Reader.IsRemote && host.Budgets is null && host.Queue is null ? new KnownIds(log.Reader) : null;
        _commands = new CustomerCommands(log, _loader, _hashes, time) { OnFailedBehind = options.Stepped ? OnFailedBehind : null, IsSimulation = options.Stepped };
        _accounts = host.Accounts?.Invoke(this) ?? new ProjectionRunner(log, time, ModelOptions, _catalogs.NewestModelOptions) { PublishesByItself = !options.Stepped };
        _rfm = Rfm();
        _rescore = Rescore();
        _budgets = host.Budgets?.Invoke(this) ?? new LocalBudgetOwner(log, _accounts, time);
        _keeper = new LeaseKeeper(log, _budgets, _leases, time) { ServesByItself = !options.Stepped };
        _pace = new PaceKeeper(_leases, _accounts, time);
        _snapshots = new SnapshotWriter(log, _dirty, options, Reload);
        _due = new DueLoop(this, options);
        _refold = new RefoldSweep(
            log, _loader, _directory, () => Volatile.Read(ref _environment), ReachForSweepAsync, Marks(), isAlone: host.Budgets is null, time, new RefoldOptions(options.RefoldThreads, options.RefoldsPerSecond));
        _retention = options.Retention is { } retention ? Retain(retention) : null;
        _metrics = new NodeMetrics(this);
    }

    /// <summary>
    /// Starts on a log that was just opened: folds what is left to fold, frees what earlier epochs held, publishes the seed catalog into an empty store,
    /// and is ready. The log is the engine's from then on, also when this fails.
    /// </summary>
    /// <exception cref="NodeLogException">The log cannot be read or written.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="CatalogRejectedException">The seed catalog has errors.</exception>
    public static async Task<NodeEngine> StartAsync(INodeLog log, NodeEngineOptions options, TimeProvider time, NodeHost? host = null)
    {
        if (options.Validate() is { Count: > 0 } problems)
        {
            await log.DisposeAsync();
            throw new ArgumentException(string.Join("; ", problems), nameof(options));
        }

        var engine = new NodeEngine(log, options, time, host ?? new NodeHost());
        try
        {
            await engine.StartAsync();
            return engine;
        }
        catch (Exception failure)
        {
            await engine.DisposeAsync();
            if (IsDamage(failure))
            {
                throw new NodeLogException(NodeLogError.Corrupt, $"What the store has saved is damaged: {failure.Message}", failure);
            }

            throw;
        }
    }

    public IReadOnlyList<string> NotReadyReasons
    {
        get
        {
            var reasons = new List<string>();
            if (_notReady is { } reason)
            {
                reasons.Add(reason);
            }

            if (_log.Health == LogHealth.Failing)
            {
                reasons.Add("the log cannot be written");
                if (_log.Trouble is { } trouble)
                {
                    reasons.Add(trouble);
                }
            }
            else if (_log.Health == LogHealth.Fenced)
            {
                reasons.Add(Ended);
            }
            else if (StoreTrouble is { } away)
            {
                reasons.Add("the store cannot be read");
                reasons.Add(away);
            }
            else if (_reads?.Trouble is { } unread)
            {
                reasons.Add("customers cannot be read");
                reasons.Add(unread);
            }

            if (_environment is null)
            {
                reasons.Add("no catalog is published");
            }

            return reasons;
        }
    }

    /// <summary>Why the log is fenced.</summary>
    private string Ended => _log.Trouble ?? "another process has taken over this log";

    public Refusal? Admit(long bytes)
    {
        if (_log.Health == LogHealth.Fenced)
        {
            return new Refusal(RefusalKind.Unavailable, Ended, RetryAfter: TimeSpan.FromSeconds(5));
        }

        var load = _log.Load;
        if (load.QueuedBytes + bytes > _options.MaxQueuedBytes)
        {
            _metrics.CountRefused("queue-bytes");
            return new Refusal(
                RefusalKind.Overloaded,
                $"{load.QueuedBytes + bytes} bytes would be queued; the limit is {_options.MaxQueuedBytes}",
                RetryAfter: TimeSpan.FromSeconds(1));
        }

        if (load.QueuedRecords > 0 && load.EstimatedWait > _options.MaxQueueWait)
        {
            _metrics.CountRefused("queue-wait");
            return new Refusal(
                RefusalKind.Overloaded,
                $"the wait would be about {load.EstimatedWait.TotalMilliseconds:F0} ms; the limit is {_options.MaxQueueWait.TotalMilliseconds:F0} ms",
                RetryAfter: TimeSpan.FromSeconds(Math.Max(1, Math.Ceiling((load.EstimatedWait - _options.MaxQueueWait).TotalSeconds))));
        }

        return null;
    }

    /// <summary>Finishes what was accepted, saves what is in memory, closes the log.</summary>
    public async ValueTask DisposeAsync()
    {
        _notReady = "stopping";
        _reach.Dispose();
        await _stopping.CancelAsync();
        await (_retention?.DisposeAsync() ?? ValueTask.CompletedTask);
        await _refold.DisposeAsync();
        await (_rescore?.DisposeAsync() ?? ValueTask.CompletedTask);
        await _due.DisposeAsync();
        await _pace.DisposeAsync();
        await _keeper.DisposeAsync();
        await _snapshots.DisposeAsync();
        await (_known?.DisposeAsync() ?? ValueTask.CompletedTask);
        try
        {
            await _log.FlushAsync();
            if (_host.Budgets is not null)
            {
                await _keeper.ReturnAllAsync();
            }

            await _snapshots.SaveAllAsync();
            await TellAccountsAsync();

            // A stop right after the start saves them as well; what is not restored by then is read from the log next time.
            await Task.WhenAny(_accounts.RestoreSegmentsAsync(), Task.Delay(MostFiguresWait));
            await _accounts.SaveAsync();
            await EarlyAnswers.ForgetAsync(_log);
        }
        catch (Exception failure) when (failure is NodeLogException or OperationCanceledException or NodeUnavailableException)
        {
            // The log cannot be written: the next start folds from what is there, as after a crash.
        }

        await _accounts.DisposeAsync();
        await _log.DisposeAsync();
        _metrics.Dispose();
        _publishing.Dispose();
        _drafts.Dispose();
        _stopping.Dispose();
        _loads.Dispose();
    }

    /// <summary>How far the store's customers are folded with the live catalog. A stepped node folds them when they do something.</summary>
    public RefoldProgress Refolding => _options.Stepped ? new RefoldProgress(100, 0, 0) : _refold.Progress;

    /// <summary>Whether ids that are new are known to be without a look at the store.</summary>
    internal bool KnowsIds => _known?.IsComplete is true;

    internal TouchpointQueue? Queue => _host.Queue;

    internal NodeMetrics Metrics => _metrics;

    internal CustomerDirectory Directory => _directory;

    internal INodeLog Log => _log;

    internal CustomerCommands Commands => _commands;

    internal IAccounts Accounts => _accounts;

    internal DirtyCustomers Dirty => _dirty;

    internal DueLoop Due => _due;

    /// <summary>The sweep after new RFM edges that several nodes share; <c>null</c> for a node that is alone.</summary>
    internal SharedRfmSweep? Rescoring => _rescore;

    internal LogRetention? Retention => _retention;

    /// <summary>What they are not told now they are told by the next start, or by whoever takes over.</summary>
    private async Task TellAccountsAsync()
    {
        using var limit = new CancellationTokenSource(MostStopWait, _time);
        var told = _accounts.WaitAsync(limit.Token);
        while (!told.IsCompleted)
        {
            if (_host.HasPeers?.Invoke() == false)
            {
                await limit.CancelAsync();
            }

            await Task.WhenAny(told, Task.Delay(LooksForPeersEvery));
        }

        try
        {
            await told;
        }
        catch (OperationCanceledException)
        {
            // Nobody takes it.
        }
    }

    private async Task StartAsync()
    {
        if (_time is SimulatedClock clock && _log.Reader.ReadRange(_log.CommittedSequence - 1, 1) is [var last])
        {
            // As if the run before had not ended: by an earlier time leases would be of other days, and windows would open again.
            clock.AdvanceTo(last.AtMicros);
        }

        if (_options.Commit == CommitMode.Async)
        {
            await EarlyAnswers.NoteAsync(_log);
        }

        await SayCutsAsync(CancellationToken.None);
        LookAtBegin();
        _catalogs.Load();
        _accounts.OnReplica = UseReplica;
        await _accounts.StartAsync();
        if (_options.Stepped)
        {
            // Nothing that a step does may hang on how fast something is restored.
            await _accounts.RestoreSegmentsAsync();
        }

        await _budgets.StartAsync();
        _keeper.Start();
        LoadPauses();
        _stock.Load();
        if (_catalogs.Live is { } live)
        {
            await GoLiveAsync(live);
        }
        else if (_options.CatalogFolder is { } folder)
        {
            await SeedAsync(folder);
        }

        if (!_options.Stepped && _catalogs.Live is { } catalog)
        {
            WarmUp(catalog);
        }

        _notReady = null;
        _known?.Start();
        ResumeSweep();
        if (!_options.Stepped)
        {
            _snapshots.Start();
            _due.Start();
            _refold.Start();
            _rescore?.Start();
            _retention?.Start();
            _pace.Start();
        }
    }

    private async Task SeedAsync(string folder)
    {
        var bag = new DiagnosticBag();
        var bundle = CatalogFolder.Read(folder, bag);
        var compilation = bundle is null ? new CatalogCompilation(null, bag.ToList()) : _catalogs.Compile(bundle);
        if (bundle is null || !compilation.Succeeded)
        {
            throw new CatalogRejectedException(folder, compilation.Errors);
        }

        try
        {
            await StoreAndGoLiveAsync(bundle, compilation.Snapshot, new PublishNote(null, "seed of an empty store"));
            _options.OnSeeded?.Invoke([.. compilation.Warnings]);
        }
        catch (VersionTakenException)
        {
            // Several nodes start on one empty store; another one was first.
            await FollowAsync();
        }
    }

    private void UseReplica(ModelReplica replica)
    {
        // A publish at the same moment must not be undone by the old version with new estimates.
        lock (_environmentGate)
        {
            if (_environment is { } environment)
            {
                Volatile.Write(ref _environment, environment with { Estimates = replica });
            }
        }
    }
}
