using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Streams;
using PmOrleans.Decisioning.Facts;
using PmOrleans.GrainInterfaces.Serialization;
using PmOrleans.GrainInterfaces.Streams;
using PmOrleans.Grains.Cluster;
using PmOrleans.Grains.Customers;
using PmOrleans.Grains.Owners;
using PmOrleans.Grains.Streams;
using PmOrleans.Node.Engine;
using PmOrleans.Node.Log;
using PmOrleans.Node.Owners;
using PmOrleans.Node.Port;
using PmOrleans.Node.Queue;

namespace PmOrleans.Grains.Hosting;

/// <summary>
/// The node of this silo over the silo's life: its log is opened before grains can be activated here, its engine starts when grains can be called, and both
/// are closed when the last grain is gone and other silos can still be called.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "The silo's life closes it.")]
internal sealed partial class SiloNode(
    SiloNodeOptions options, NodeHandle handle, IGrainFactory grains, IServiceProvider services, ILogger<SiloNode> logger) : ILifecycleParticipant<ISiloLifecycle>
{
    private static readonly TimeSpan LooksEvery = TimeSpan.FromSeconds(5);

    private readonly CustomerReferences _customers = new(() => grains);
    private readonly List<IAsyncDisposable> _loops = [];
    private INodeLog? _log;
    private TouchpointQueue? _queue;
    private bool _isClosed;

    public void Participate(ISiloLifecycle lifecycle)
    {
        lifecycle.Subscribe<SiloNode>(ServiceLifecycleStage.RuntimeInitialize, OpenAsync, CloseAsync);
        lifecycle.Subscribe<SiloNode>(ServiceLifecycleStage.ApplicationServices, _ => Task.CompletedTask, CloseAsync);
        lifecycle.Subscribe<SiloNode>(ServiceLifecycleStage.Active, StartAsync, SaveAsync);
    }

    private async Task OpenAsync(CancellationToken cancellation)
    {
        if (options.Cluster is not { } cluster)
        {
            _log = await SqliteNodeLog.OpenAsync(
                new SqliteLogOptions { Folder = options.DataFolder, Commit = options.Commit, MaxQueuedBytes = options.MaxQueuedBytes }, cancellation);
        }
        else
        {
            var log = await PostgresNodeLog.OpenAsync(cluster.LogOf(options), cancellation);
            _log = log;
            handle.Store = log.Store;

            // Before it joins: what comes of clocks that differ is told there in Orleans' words.
            var clock = new ClockWatch(log.Store, options.Clock, services.GetRequiredService<ILogger<ClockWatch>>());
            await clock.LookAsync(cancellation);
            var looks = new SteadyLoop(
                LooksEvery,
                async stop =>
                {
                    await clock.LookAsync(stop);
                    handle.Unread = null;
                },
                failure => handle.Unread = failure.Message);
            _loops.Add(looks);
            looks.Start();
            await new SiloMark(services.GetRequiredService<ILocalSiloDetails>().SiloAddress, options.Commit == CommitMode.Async, WireSettings.Newest).WriteAsync(log);
            await cluster.EnsureTablesAsync(cancellation);
        }

        handle.Log = _log;
        Opened(options.NodeName, _log.Epoch);
    }

    private async Task StartAsync(CancellationToken cancellation)
    {
        try
        {
            var setBack = new SetBackLoop(options.Clock, services.GetService<IHostApplicationLifetime>(), services.GetRequiredService<ILogger<SetBackLoop>>());
            _loops.Add(setBack);
            setBack.Start();
            var host = new NodeHost { Wake = WakeAsync, Visit = VisitAsync, Forget = ForgetAsync };
            if (handle.Store is not { } store)
            {
                var alone = await NodeEngine.StartAsync(_log!, options, options.Clock, host);
                handle.Started(alone);
                Publish(alone);
                return;
            }

            _queue = new TouchpointQueue((PostgresNodeLog)_log!, options.Queue, options.Clock);

            var owners = new GrainOwners(grains);
            var silos = ActivatorUtilities.CreateInstance<NodeSilos>(services);
            var self = services.GetRequiredService<ILocalSiloDetails>().SiloAddress;
            var peers = ActivatorUtilities.CreateInstance<Peers>(services, silos);
            ClusterAccounts? accounts = null;
            var engine = await NodeEngine.StartAsync(_log!, options, options.Clock, host with
            {
                Announce = peers.AnnounceAsync,
                Queue = _queue,
                HasPeers = () => silos.Active.Exists(member => !member.SiloAddress.Equals(self)),
                Accounts = engine => accounts = new ClusterAccounts(
                    engine, options.NodeName, owners, () => handle.Segments, new OwnerNotices(services.GetRequiredService<ILogger<OwnerNotices>>())),
                Budgets = engine => new ClusterBudgets(owners, engine.Epoch, accounts!, options.Clock),
            });
            handle.Started(engine);
            var follow = new FollowLoop(
                engine,
                store,
                services.GetRequiredService<WireSettings>(),
                services.GetService<IHostApplicationLifetime>(),
                services.GetRequiredService<ILogger<FollowLoop>>());
            var takeover = new TakeoverLoop(
                engine,
                new Takeover(engine, accounts!, store, owners),
                store,
                services.GetRequiredService<IClusterMembershipService>(),
                silos,
                services.GetRequiredService<ILocalSiloDetails>(),
                options.Streams ? new StreamTails(store, Streams, () => engine.Catalog, services.GetRequiredService<ILogger<StreamTails>>()) : null,
                services.GetRequiredService<ILogger<TakeoverLoop>>());
            var lost = new LostStoreLoop(engine, peers, services.GetRequiredService<ILogger<LostStoreLoop>>());
            var delivery = new QueueDelivery(engine, _queue, touchpoints => DeliverAsync(touchpoints), () => Share(silos), new QueueNotices(services.GetRequiredService<ILogger<QueueDelivery>>()));
            _loops.AddRange([delivery, follow, takeover, lost]);
            follow.Start();
            takeover.Start();
            lost.Start();
            delivery.Start();
            Publish(engine);
        }
        catch (Exception failure)
        {
            handle.Failed(failure);
            throw;
        }
    }

    private void Publish(NodeEngine engine)
    {
        if (options.Streams)
        {
            var publisher = new FactPublisher(
                options.NodeName,
                _log!,
                Streams,
                () => engine.Catalog,
                services.GetRequiredService<ILogger<FactPublisher>>());
            _loops.Add(publisher);
            publisher.Start();
        }
    }

    private IStreamProvider Streams => services.GetRequiredKeyedService<IStreamProvider>(StreamNames.Provider);

    /// <summary>Before the others hear that this silo stops.</summary>
    private Task SaveAsync(CancellationToken cancellation) => handle.Engine?.SaveAsync() ?? Task.CompletedTask;

    private async Task CloseAsync(CancellationToken cancellation)
    {
        if (_isClosed)
        {
            return;
        }

        _isClosed = true;
        foreach (var loop in _loops)
        {
            await loop.DisposeAsync();
        }

        if (handle.Engine is { } engine)
        {
            await engine.DisposeAsync();
        }
        else if (_log is not null)
        {
            await _log.DisposeAsync();
        }

        if (_queue is not null)
        {
            await _queue.DisposeAsync();
        }
    }

    /// <summary>As a call from outside: to the grain of the customer, wherever that is.</summary>
    private ValueTask<Reply<IngestAnswer>> DeliverAsync(IReadOnlyList<Touchpoint> touchpoints) =>
        services.GetRequiredService<IDecisionNode>().IngestAsync(touchpoints);

    /// <summary>The queue is shared by all active silos with a node, in the order of their names.</summary>
    private QueueShare Share(NodeSilos silos)
    {
        var active = silos.Active;
        var self = services.GetRequiredService<ILocalSiloDetails>().SiloAddress;
        var place = active.FindIndex(member => member.SiloAddress.Equals(self));
        return place < 0 ? default : new QueueShare(place, active.Count);
    }

    private ValueTask WakeAsync(UInt128 idHash) => _customers.Of(idHash).WakeAsync();

    private async ValueTask<bool> VisitAsync(UInt128 idHash)
    {
        try
        {
            return await _customers.Of(idHash).VisitAsync();
        }
        catch (Exception)
        {
            // Whatever it was, nobody knows whether the customer is up to date: it is asked again.
            return false;
        }
    }

    private ValueTask ForgetAsync(UInt128 idHash) => _customers.Of(idHash).ForgetAsync();

    [LoggerMessage(1, LogLevel.Information, "Node {Name} writes under epoch {Epoch}.")]
    private partial void Opened(string name, long epoch);
}
