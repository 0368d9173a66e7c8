using PmOrleans.GrainInterfaces.Owners;
using PmOrleans.Node.Customers;
using PmOrleans.Node.Leases;
using PmOrleans.Node.Owners;

namespace PmOrleans.Grains.Owners;

/// <summary>The owners as grains: wherever they are, and somewhere else when their silo is gone.</summary>
internal sealed class GrainOwners(IGrainFactory grains) : IOwners
{
    private ICampaignOwnerGrain Campaigns => grains.GetGrain<ICampaignOwnerGrain>(IOwnerGrain.Key);

    public ValueTask<RangeAnswer> ReportAsync(OwnerName owner, RangeReport report) => TryAsync(async () =>
    {
        IOwnerGrain grain = owner switch
        {
            OwnerName.Campaigns => Campaigns,
            OwnerName.Models => grains.GetGrain<IModelOwnerGrain>(IOwnerGrain.Key),
            _ => grains.GetGrain<ISegmentOwnerGrain>(IOwnerGrain.Key),
        };
        return (await grain.ReportAsync(RangeMessage.Of(report))).ToAnswer();
    });

    public ValueTask<BudgetSlice> TakeAsync(SliceAsk ask) => TryAsync(async () =>
        (await Campaigns.TakeAsync(SliceMessage.Of(ask)))?.ToSlice() ?? throw new NodeUnavailableException("this node's epoch is over"));

    public ValueTask<bool> CountInAsync(long epoch, int catalogVersion, IReadOnlyCollection<int> totals) =>
        TryAsync(async () => await Campaigns.CountInAsync(epoch, catalogVersion, [.. totals]));

    public ValueTask<IReadOnlyList<LeaseLeft>?> ClaimAsync(long sealedEpoch, long claimant) => TryAsync<IReadOnlyList<LeaseLeft>?>(async () =>
        (await Campaigns.ClaimAsync(sealedEpoch, claimant))?.Select(lease => lease.ToLeft()).ToList());

    private static async ValueTask<T> TryAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (Exception lost) when (lost is not NodeUnavailableException)
        {
            // Lost on the way, or failed at the owner, which then goes: whatever it was, the outcome is unknown and a repeat is safe.
            throw new NodeUnavailableException($"the owner cannot be reached: {lost.Message}", lost);
        }
    }
}
