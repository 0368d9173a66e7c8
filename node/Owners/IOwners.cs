using PmOrleans.Node.Leases;

namespace PmOrleans.Node.Owners;

/// <summary>How a node reaches the owners, wherever they are.</summary>
/// <exception cref="Customers.NodeUnavailableException">Of every call: the owner cannot be reached or cannot write now; whether it did is not known.</exception>
public interface IOwners
{
    /// <summary>Has a stretch of a log folded. Safe to repeat: an owner drops what it has.</summary>
    ValueTask<RangeAnswer> ReportAsync(OwnerName owner, RangeReport report);

    /// <summary>Asks the owner of the campaigns for money; what it grants it has written down.</summary>
    ValueTask<BudgetSlice> TakeAsync(SliceAsk ask);

    /// <summary>Tells that an epoch decides nothing without these total budgets any more, and that all it decided is folded.</summary>
    /// <param name="totals">Every campaign with a total budget in that version.</param>
    /// <returns>Whether that holds for all nodes.</returns>
    ValueTask<bool> CountInAsync(long epoch, int catalogVersion, IReadOnlyCollection<int> totals);

    /// <summary>
    /// Gives one node the right to free what a sealed epoch has left. It is given to one node at a time, and to another only when the first can write no more
    /// and all it wrote is folded; so each lease is freed once.
    /// </summary>
    /// <param name="claimant">Epoch of the node that will write it down.</param>
    /// <returns>What is left; <c>null</c> while the epoch's log is not folded to its end, or another one has the right.</returns>
    ValueTask<IReadOnlyList<LeaseLeft>?> ClaimAsync(long sealedEpoch, long claimant);
}
