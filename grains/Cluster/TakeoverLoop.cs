using Microsoft.Extensions.Logging;
using PmOrleans.Grains.Streams;
using PmOrleans.Node.Customers;
using PmOrleans.Node.Engine;
using PmOrleans.Node.Leases;
using PmOrleans.Node.Log;
using PmOrleans.Node.Owners;

namespace PmOrleans.Grains.Cluster;

/// <summary>
/// Takes over from silos that membership has declared dead: seals their logs, folds them to the end, frees their leases, wakes their customers when they are
/// due, and publishes what they had not published. The first active silo with a node, by name, does it; should two think they are, nothing is done twice that must be done once.
/// </summary>
internal sealed partial class TakeoverLoop(
    NodeEngine engine,
    Takeover takeover,
    PostgresStore store,
    IClusterMembershipService membership,
    NodeSilos silos,
    ILocalSiloDetails local,
    StreamTails? tails,
    ILogger<TakeoverLoop> logger) : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a process may take from opening its log until it is a member.</summary>
    private static readonly TimeSpan JoinLimit = TimeSpan.FromMinutes(2);

    /// <summary>What was folded is asked for again: an owner that was activated anew may stand further back.</summary>
    private static readonly TimeSpan FoldedFor = TimeSpan.FromSeconds(5);

    private readonly Dictionary<long, long> _unknownSince = [];
    private readonly Dictionary<string, (long End, long At)> _folded = new(StringComparer.Ordinal);
    private readonly HashSet<long> _freed = [];
    private HashSet<string> _adopted = new(StringComparer.Ordinal);
    private SteadyLoop? _loop;

    public void Start() => (_loop = new SteadyLoop(Every, LookAsync, Failed)).Start();

    public async ValueTask DisposeAsync()
    {
        if (_loop is not null)
        {
            await _loop.DisposeAsync();
        }

        if (tails is not null)
        {
            await tails.Publishing;
        }
    }

    private async Task LookAsync(CancellationToken stop)
    {
        var members = membership.CurrentSnapshot.Members.Values.ToList();
        if (silos.Active is not [var first, ..] || !first.SiloAddress.Equals(local.SiloAddress))
        {
            Adopt(new HashSet<string>(StringComparer.Ordinal));
            return;
        }

        var epochs = await store.NodesAsync(stop);
        foreach (var epoch in epochs.Where(epoch => !epoch.Sealed && epoch.Epoch != engine.Epoch && IsGone(epoch, members)))
        {
            var end = await store.SealAsync(epoch.Node, epoch.Epoch, stop);
            Sealed(epoch.Node, epoch.Epoch, end);
        }

        epochs = await store.NodesAsync(stop);
        var gone = epochs.GroupBy(epoch => epoch.Node, StringComparer.Ordinal).Where(node => node.All(epoch => epoch.Sealed)).ToList();
        foreach (var node in gone)
        {
            await FoldAsync(node.Key, node.Max(epoch => epoch.LastSequence));
        }

        foreach (var epoch in epochs.Where(epoch => epoch.Sealed && !_freed.Contains(epoch.Epoch)))
        {
            var node = store.ReaderOf(epoch.Node);
            var early = SiloMark.Read(node, epoch.Epoch)?.AcknowledgesEarly ?? EarlyAnswers.MayBeLost(node, epoch.Epoch);
            if (await takeover.FreeAsync(epoch.Epoch, early) is { } freed)
            {
                _freed.Add(epoch.Epoch);
                if (freed > 0)
                {
                    Freed(epoch.Epoch, freed / 1e6);
                }
            }
        }

        Adopt(gone.Select(node => node.Key).ToHashSet(StringComparer.Ordinal));
        tails?.Begin([.. gone.Select(node => (node.Key, node.Max(epoch => epoch.LastSequence)))], stop);
    }

    /// <summary>Whether the process that writes under an epoch is certainly dead, or has had every chance to show itself.</summary>
    private bool IsGone(NodeEpoch epoch, List<ClusterMember> members)
    {
        var silo = SiloMark.Read(store.ReaderOf(epoch.Node), epoch.Epoch)?.Silo;
        var member = silo is null ? null : members.Find(member => member.SiloAddress.Equals(silo));
        if (member is not null)
        {
            _unknownSince.Remove(epoch.Epoch);
            return member.Status == SiloStatus.Dead;
        }

        if (!_unknownSince.TryGetValue(epoch.Epoch, out var since))
        {
            _unknownSince.Add(epoch.Epoch, since = Environment.TickCount64);
        }

        return Environment.TickCount64 - since > JoinLimit.TotalMilliseconds;
    }

    private async Task FoldAsync(string node, long end)
    {
        if (_folded.TryGetValue(node, out var known) && known.End == end && Environment.TickCount64 - known.At < FoldedFor.TotalMilliseconds)
        {
            return;
        }

        if (await takeover.FoldAsync(node, end))
        {
            _folded[node] = (end, Environment.TickCount64);
        }
    }

    private void Adopt(HashSet<string> nodes)
    {
        if (!nodes.SetEquals(_adopted))
        {
            engine.WakeFor([.. nodes.Select(store.ReaderOf)]);
            _adopted = nodes;
        }
    }

    private void Failed(Exception failure)
    {
        // The store or an owner cannot be reached: what is not done is done later.
        if (failure is not (NodeLogException or NodeUnavailableException))
        {
            Stumbled(failure);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "The silo of node {Node} is gone: its epoch {Epoch} is sealed at record {End}.")]
    private partial void Sealed(string node, long epoch, long end);

    [LoggerMessage(2, LogLevel.Information, "Epoch {Epoch} had {Amount} left on its leases, which are free again.")]
    private partial void Freed(long epoch, double amount);

    [LoggerMessage(3, LogLevel.Error, "Taking over from silos that are gone stumbled; it is tried again.")]
    private partial void Stumbled(Exception failure);
}
