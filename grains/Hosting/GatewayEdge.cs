using System.Text.Json;
using Microsoft.Extensions.Hosting;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.GrainInterfaces;
using PmOrleans.Grains.Cluster;
using PmOrleans.Grains.Desk;
using PmOrleans.Node.Log;
using PmOrleans.Node.Port;

namespace PmOrleans.Grains.Hosting;

/// <summary>
/// The edge of a gateway without a silo: it knows the cluster's keys, calls customers' grains wherever they are, and some silo for the rest. Looks once a second
/// whether a silo answers.
/// </summary>
public sealed class GatewayEdge(PostgresCluster cluster, Func<IGrainFactory> grains) : BackgroundService, IClusterEdge
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);
    private static readonly Refusal Lost = new(
        RefusalKind.Unavailable, "no silo can be reached; whether it was done is not known", RetryAfter: TimeSpan.FromSeconds(1));

    private NodeHashes? _hashes;
    private IDecisionNode? _desk;
    private IReadOnlyList<string> _notReady = ["no silo has answered yet"];

    public IDecisionNode? Desk => Volatile.Read(ref _desk);

    public IReadOnlyList<string> Starting => Volatile.Read(ref _notReady);

    public bool HasOwners => true;

    public UInt128 KeyOf(string customerId) => _hashes!.Identity.Hash128(customerId);

    /// <summary>Nothing is committed here.</summary>
    public Task FoldedAsync(CancellationToken cancellation) => Task.CompletedTask;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every);
        try
        {
            do
            {
                await LookAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }

    private async Task LookAsync(CancellationToken cancellation)
    {
        try
        {
            if (_hashes is null)
            {
                await using var store = await PostgresStore.OpenAsync(cluster.ConnectionString, cluster.Schema, cancellation);
                _hashes = new NodeHashes(await store.SecretAsync(cancellation));
            }

            Volatile.Write(ref _notReady, await grains().GetGrain<IDeskGrain>(0).ReadinessAsync());
            if (Desk is null)
            {
                Volatile.Write(ref _desk, RemoteDesk.Over(AskAsync, () => Volatile.Read(ref _notReady)));
            }
        }
        catch (Exception away) when ((away is NodeLogException || LostCalls.IsLost(away)) && !cancellation.IsCancellationRequested)
        {
            Volatile.Write(ref _notReady, away is NodeLogException ? ["no silo can be reached", away.Message] : ["no silo can be reached"]);
        }
    }

    private async Task<DeskReply> AskAsync(string member, byte[] arguments)
    {
        try
        {
            return await grains().GetGrain<IDeskGrain>(0).AskAsync(member, arguments);
        }
        catch (Exception lost) when (LostCalls.IsLost(lost))
        {
            return new DeskReply(null, JsonSerializer.SerializeToUtf8Bytes(Lost));
        }
    }
}
