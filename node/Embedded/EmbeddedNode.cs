using System.Runtime.CompilerServices;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Customers;
using PmOrleans.Node.Engine;
using PmOrleans.Node.Log;
using PmOrleans.Node.Port;
using PmOrleans.Node.Projections;
using PmOrleans.Node.Publishing;
using PmOrleans.Node.Refolding;
using PmOrleans.Node.Retention;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Embedded;

/// <summary>
/// The embedded host: everything in one process, over SQLite or a PostgreSQL store. The default host, the simulator's engine, and a library for other people's
/// applications: open it, ask it, dispose it. Once it is disposed, what is asked of it throws <see cref="ObjectDisposedException"/>.
/// </summary>
public sealed partial class EmbeddedNode : IDecisionNode, IAsyncDisposable
{
    private readonly INodeLog _log;
    private readonly NodeEngine _engine;
    private readonly Lazy<Task> _closed;

    private EmbeddedNode(INodeLog log, NodeEngine engine)
    {
        (_log, _engine) = (log, engine);
        _closed = new Lazy<Task>(() => engine.DisposeAsync().AsTask());
    }

    /// <summary>Opens the store, seals what ran before, folds what is left to fold, publishes the seed catalog into an empty store, and is ready.</summary>
    /// <exception cref="NodeLogException">The folder is in use, cannot be written, or holds something else.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="CatalogRejectedException">The seed catalog has errors.</exception>
    public static async Task<EmbeddedNode> OpenAsync(
        EmbeddedNodeOptions options, TimeProvider? time = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Validate() is { Count: > 0 } problems)
        {
            throw new ArgumentException(string.Join("; ", problems), nameof(options));
        }

        if (options.Stepped && time is not SimulatedClock)
        {
            throw new ArgumentException("stepped is true; allowed is that on a simulated clock only", nameof(options));
        }

        var log = await OpenLogAsync(options, cancellation);
        return new EmbeddedNode(log, await NodeEngine.StartAsync(log, options, time ?? TimeProvider.System));
    }

    public IReadOnlyList<string> NotReadyReasons => _engine.NotReadyReasons;

    internal CustomerDirectory Directory => _engine.Directory;

    internal int QueuedDue => _engine.Due.Queued;

    internal DueLoop Due => _engine.Due;

    internal INodeLog Log => _log;

    internal IAccounts Accounts => _engine.Accounts;

    internal DirtyCustomers Dirty => _engine.Dirty;

    internal LogRetention? Retention => _engine.Retention;

    /// <inheritdoc cref="NodeEngine.Refolding"/>
    public RefoldProgress Refolding => _engine.Refolding;

    /// <summary>Unix microseconds at which a step must come before any request: the next budget day begins somewhere.</summary>
    public long NextStepMicros => _engine.NextStepMicros;

    public Refusal? Admit(long bytes) => _engine.Admit(bytes);

    public ValueTask<Reply<DecisionAnswer>> DecideAsync(DecisionRequest request, CancellationToken cancellation = default) =>
        Open.DecideAsync(Given(request), cancellation);

    public ValueTask<Reply<IngestAnswer>> IngestAsync(IReadOnlyList<Touchpoint?> touchpoints, CancellationToken cancellation = default) =>
        Open.IngestAsync(Given(touchpoints), cancellation);

    public ValueTask<Reply<CustomerView>> ReadCustomerAsync(string customerId, CancellationToken cancellation = default) =>
        Open.ReadCustomerAsync(Given(customerId), cancellation);

    public ValueTask<Reply<FactPage>> ReadFactsAsync(string customerId, long after, int limit, CancellationToken cancellation = default) =>
        Open.ReadFactsAsync(Given(customerId), after, limit, cancellation);

    public ValueTask<Reply<Erased>> EraseAsync(string customerId, CancellationToken cancellation = default) =>
        Open.EraseAsync(Given(customerId), cancellation);

    public ValueTask<Reply<CustomerIds>> AddAliasAsync(string customerId, string alias, CancellationToken cancellation = default) =>
        Open.AddAliasAsync(Given(customerId), Given(alias), cancellation);

    public ValueTask<Reply<DecisionView>> ReadDecisionAsync(string decisionId, CancellationToken cancellation = default) =>
        Open.ReadDecisionAsync(Given(decisionId), cancellation);

    public ValueTask<Reply<CatalogView>> ReadCatalogAsync(CancellationToken cancellation = default) => Open.ReadCatalogAsync(cancellation);

    public ValueTask<Reply<PublishAnswer>> PublishAsync(
        ReadOnlyMemory<byte> bundle, int? expectedVersion, CancellationToken cancellation = default) =>
        Open.PublishAsync(bundle, expectedVersion, cancellation);

    public ValueTask<Reply<PublishAnswer>> ValidateAsync(ReadOnlyMemory<byte> bundle, CancellationToken cancellation = default) =>
        Open.ValidateAsync(bundle, cancellation);

    public ValueTask<Reply<IReadOnlyList<CampaignView>>> ReadCampaignsAsync(CancellationToken cancellation = default) =>
        Open.ReadCampaignsAsync(cancellation);

    public ValueTask<Reply<CampaignView>> ReadCampaignAsync(string campaignId, CancellationToken cancellation = default) =>
        Open.ReadCampaignAsync(Given(campaignId), cancellation);

    public ValueTask<Reply<CampaignView>> SetPausedAsync(string campaignId, bool paused, CancellationToken cancellation = default) =>
        Open.SetPausedAsync(Given(campaignId), paused, cancellation);

    public ValueTask<Reply<IReadOnlyList<SegmentView>>> ReadSegmentsAsync(CancellationToken cancellation = default) =>
        Open.ReadSegmentsAsync(cancellation);

    public ValueTask<Reply<SegmentView>> ReadSegmentAsync(string segmentId, CancellationToken cancellation = default) =>
        Open.ReadSegmentAsync(Given(segmentId), cancellation);

    public ValueTask<Reply<SegmentOverlapView>> ReadSegmentOverlapAsync(string segmentId, string withId, CancellationToken cancellation = default) =>
        Open.ReadSegmentOverlapAsync(Given(segmentId), Given(withId), cancellation);

    public ValueTask<Reply<PolicyView>> ReadPolicyAsync(string placementId, CancellationToken cancellation = default) =>
        Open.ReadPolicyAsync(Given(placementId), cancellation);

    public ValueTask<Reply<IReadOnlyList<ExperimentView>>> ReadExperimentsAsync(CancellationToken cancellation = default) =>
        Open.ReadExperimentsAsync(cancellation);

    public ValueTask<Reply<ExperimentView>> ReadExperimentAsync(string experimentId, CancellationToken cancellation = default) =>
        Open.ReadExperimentAsync(Given(experimentId), cancellation);

    /// <inheritdoc cref="NodeEngine.StepAsync"/>
    public Task StepAsync(long atMicros) => Open.StepAsync(atMicros);

    /// <summary>Finishes what was accepted, saves what is in memory, closes the log. Once is enough; again is harmless.</summary>
    public ValueTask DisposeAsync() => new(_closed.Value);

    /// <summary>Refuses what comes when the node is disposed: the log is closed then, and what memory says of it may be another process's by now.</summary>
    private NodeEngine Open
    {
        get
        {
            ObjectDisposedException.ThrowIf(_closed is { IsValueCreated: true, Value.IsCompleted: true }, this);
            return _engine;
        }
    }

    private static T Given<T>(T argument, [CallerArgumentExpression(nameof(argument))] string? name = null)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(argument, name);
        return argument;
    }

    private static async Task<INodeLog> OpenLogAsync(EmbeddedNodeOptions options, CancellationToken cancellation)
    {
        if (options.Postgres is { } postgres)
        {
            return await PostgresNodeLog.OpenAsync(
                postgres with { IsAlone = true, Commit = options.Commit, MaxQueuedBytes = options.MaxQueuedBytes }, cancellation);
        }

        var file = new SqliteLogOptions { Folder = options.DataFolder, Commit = options.Commit, MaxQueuedBytes = options.MaxQueuedBytes };
        return await SqliteNodeLog.OpenAsync(options.ConfigureLog?.Invoke(file) ?? file, cancellation);
    }
}
