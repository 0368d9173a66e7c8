using Microsoft.Extensions.Logging;
using PmOrleans.GrainInterfaces;
using PmOrleans.Grains.Cluster;
using PmOrleans.Node.Engine;
using PmOrleans.Node.Log;

namespace PmOrleans.Grains.Hosting;

/// <summary>
/// The node of this silo over the silo's life: its log is opened before grains can be activated here, its engine starts when grains can be called, and both
/// are closed after the last grain is gone.
/// </summary>
internal sealed partial class SiloNode(
    SiloNodeOptions options, NodeHandle handle, IGrainFactory grains, TimeProvider time, ILogger<SiloNode> logger) : ILifecycleParticipant<ISiloLifecycle>
{
    private INodeLog? _log;

    public void Participate(ISiloLifecycle lifecycle)
    {
        lifecycle.Subscribe<SiloNode>(ServiceLifecycleStage.RuntimeInitialize, OpenAsync, CloseAsync);
        lifecycle.Subscribe<SiloNode>(ServiceLifecycleStage.Active, StartAsync);
    }

    private async Task OpenAsync(CancellationToken cancellation)
    {
        _log = await OpenLogAsync(cancellation);
        Opened(options.NodeName, _log.Epoch);
    }

    private async Task<INodeLog> OpenLogAsync(CancellationToken cancellation)
    {
        if (options.Cluster is not { } cluster)
        {
            return await SqliteNodeLog.OpenAsync(
                new SqliteLogOptions { Folder = options.DataFolder, Commit = options.Commit, MaxQueuedBytes = options.MaxQueuedBytes }, cancellation);
        }

        var log = await PostgresNodeLog.OpenAsync(
            new PostgresLogOptions
            {
                ConnectionString = cluster.ConnectionString,
                Schema = cluster.Schema,
                Node = options.NodeName,
                Commit = options.Commit,
                MaxQueuedBytes = options.MaxQueuedBytes,
            },
            cancellation);
        await MembershipTables.EnsureAsync(cluster.ConnectionString, cluster.Schema, cancellation);
        return log;
    }

    private async Task StartAsync(CancellationToken cancellation)
    {
        try
        {
            handle.Started(await NodeEngine.StartAsync(_log!, options, time, new NodeHost { Wake = WakeAsync }));
        }
        catch (Exception failure)
        {
            handle.Failed(failure);
            throw;
        }
    }

    private async Task CloseAsync(CancellationToken cancellation)
    {
        if (handle.Engine is { } engine)
        {
            await engine.DisposeAsync();
        }
        else if (_log is not null)
        {
            await _log.DisposeAsync();
        }
    }

    private ValueTask WakeAsync(UInt128 idHash) => grains.GetGrain<ICustomerGrain>(CustomerKeys.ToGuid(idHash)).WakeAsync();

    [LoggerMessage(1, LogLevel.Information, "Node {Name} writes under epoch {Epoch}.")]
    private partial void Opened(string name, long epoch);
}
