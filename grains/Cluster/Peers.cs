using Orleans.Runtime.Services;
using PmOrleans.GrainInterfaces;

namespace PmOrleans.Grains.Cluster;

/// <summary>The other silos' nodes.</summary>
internal sealed class Peers(IServiceProvider services, ILocalSiloDetails local, NodeSilos silos) : GrainServiceClient<INodeService>(services)
{
    /// <summary>Nobody is waited for longer: each node also looks for itself twice a second.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    private IEnumerable<ClusterMember> Others => silos.Active.Where(member => !member.SiloAddress.Equals(local.SiloAddress));

    /// <summary>Has every other node follow; completes when they have, or when the limit is reached.</summary>
    public async ValueTask AnnounceAsync()
    {
        var told = Task.WhenAll(Others.Select(member => GetGrainService(member.SiloAddress).FollowAsync()));
        try
        {
            await told.WaitAsync(Limit);
        }
        catch (Exception)
        {
            // Lost, late, or of a release that cannot read what was published: what was to be told is in the store, and each finds out by itself.
        }
    }

    /// <summary>Whether any other node says within the limit that it writes its log.</summary>
    public async Task<bool> AnyWritesAsync()
    {
        var asked = Others.Select(member => GetGrainService(member.SiloAddress).IsWritingAsync()).ToList();
        using var limit = new CancellationTokenSource(Limit);
        while (asked.Count > 0)
        {
            try
            {
                var answered = await Task.WhenAny(asked).WaitAsync(limit.Token);
                asked.Remove(answered);
                if (await answered)
                {
                    return true;
                }
            }
            catch (OperationCanceledException) when (limit.IsCancellationRequested)
            {
                return false;
            }
            catch (Exception lost) when (LostCalls.IsLost(lost))
            {
                // That one does not say; another may.
            }
        }

        return false;
    }
}
