namespace PmOrleans.Node.Leases;

/// <summary>
/// Who owns the campaigns' money: on one machine the process itself, in a cluster one activation for all nodes. What is out (settled, reserved, leased) grows
/// by what it gives alone, so that no traffic can race it.
/// </summary>
public interface IBudgetOwner
{
    /// <summary>Before the first request: frees what sealed epochs have left on their leases, where that is this process's business.</summary>
    Task StartAsync();

    /// <summary>Sets a slice aside for this node. It may be spent once the node has written the grant to its log.</summary>
    /// <exception cref="Customers.NodeUnavailableException">The owner cannot be reached, or cannot write it down now.</exception>
    ValueTask<BudgetSlice> TakeAsync(SliceRequest request);

    /// <summary>A grant of this slice is not in the log and never will be.</summary>
    ValueTask CancelAsync(int campaign, int day, long micros);

    /// <summary>Money that this node has given back; the fact is durable.</summary>
    ValueTask ReturnedAsync(int campaign, int day, long micros);

    /// <summary>
    /// New total budgets count what was spent before them: from this call on, this node decides nothing without them and all it decided is committed.
    /// </summary>
    /// <param name="campaigns">Those whose total budget is new.</param>
    /// <param name="totals">All that have one in this version.</param>
    /// <returns>Whether they can be served now; otherwise ask again.</returns>
    ValueTask<bool> CountInAsync(IReadOnlyCollection<int> campaigns, IReadOnlyCollection<int> totals, int catalogVersion);
}
