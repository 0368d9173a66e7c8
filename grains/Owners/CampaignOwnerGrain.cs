using Orleans.Concurrency;
using PmOrleans.GrainInterfaces.Owners;
using PmOrleans.Grains.Hosting;
using PmOrleans.Node.Owners;

namespace PmOrleans.Grains.Owners;

/// <summary>The campaigns' books and money. Reentrant: while one answer waits to be saved, others are made ready and saved together.</summary>
[Reentrant]
internal sealed class CampaignOwnerGrain(IGrainContext context, NodeHandle node, SiloNodeOptions silo)
    : OwnerGrain<LedgerBook>(context, node, OwnerName.Campaigns, new LedgerBook(silo.Clock)), ICampaignOwnerGrain
{
    public async ValueTask<SliceReply?> TakeAsync(SliceMessage ask)
    {
        if (Book.Take(ask.ToAsk()) is not { } slice)
        {
            return null;
        }

        Owner.Touch();
        if (slice.GrantedMicros > 0)
        {
            await SaveAsync();
        }

        return SliceReply.Of(slice);
    }

    public async ValueTask<bool> CountInAsync(long epoch, int catalogVersion, int[] totals)
    {
        var epochs = await Store.NodesAsync();
        var isCounted = Book.CountIn(epoch, catalogVersion, totals, epochs, Owner.WatermarkOf);
        Owner.Touch();
        await SaveAsync();
        return isCounted;
    }

    public async ValueTask<LeaseMessage[]?> ClaimAsync(long sealedEpoch, long claimant)
    {
        var epochs = await Store.NodesAsync();
        var left = Book.Claim(sealedEpoch, claimant, epochs, Owner.WatermarkOf, out var changed);
        if (changed)
        {
            Owner.Touch();
            await SaveAsync();
        }

        return left is null ? null : [.. left.Select(LeaseMessage.Of)];
    }
}
