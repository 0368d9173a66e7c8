namespace PmOrleans.GrainInterfaces.Owners;

/// <summary>Owner of the campaigns' ledgers and of the money handed out. What it hands out it has written down first.</summary>
[Alias("PmOrleans.CampaignOwner")]
public interface ICampaignOwnerGrain : IOwnerGrain
{
    /// <summary>A slice of a budget; safe to lose: the node's next question says what it has written.</summary>
    /// <returns><c>null</c>: the epoch is over, or has asked again since.</returns>
    [Alias("Take")]
    ValueTask<SliceReply?> TakeAsync(SliceMessage ask);

    /// <inheritdoc cref="Node.Owners.IOwners.CountInAsync"/>
    [Alias("CountIn")]
    ValueTask<bool> CountInAsync(long epoch, int catalogVersion, [Immutable] int[] totals);

    /// <inheritdoc cref="Node.Owners.IOwners.ClaimAsync"/>
    [Alias("Claim")]
    ValueTask<LeaseMessage[]?> ClaimAsync(long sealedEpoch, long claimant);
}
