namespace PmOrleans.Node.Leases;

/// <summary>A node's question for money of one account.</summary>
/// <param name="Day">yyyymmdd, or 0 for the total budget.</param>
/// <param name="BudgetMicros">The account's budget in the catalog the node decides with.</param>
/// <param name="HeldMicros">What the node still has of it.</param>
/// <param name="LowMarkMicros">Where the node asks for more, so far.</param>
/// <param name="LargestCostMicros">Of the campaign's offers.</param>
/// <param name="CatalogVersion">The version the node decides with.</param>
public readonly record struct SliceRequest(
    int Campaign, int Day, long BudgetMicros, long HeldMicros, long LowMarkMicros, long LargestCostMicros, int CatalogVersion);

/// <summary>The owner's answer.</summary>
/// <param name="GrantedMicros">Set aside for the node; 0: nothing is free, or the node has enough.</param>
/// <param name="ExcessMicros">What is out beyond the budget, to be given back as far as the node still has it; above 0 only after a budget was cut.</param>
/// <param name="FreeMicros">Free after this grant.</param>
/// <param name="LowMarkMicros">Below this the node asks for more.</param>
public readonly record struct BudgetSlice(long GrantedMicros, long ExcessMicros, long FreeMicros, long LowMarkMicros)
{
    /// <summary>Cuts a slice: half of a node's share of what is free; once that would buy little, the whole share.</summary>
    /// <param name="outMicros">Settled, reserved and leased, of all nodes.</param>
    /// <param name="nodes">That spend the budget, 1 or more.</param>
    public static BudgetSlice Cut(SliceRequest request, long outMicros, int nodes = 1)
    {
        var free = request.BudgetMicros - outMicros;
        if (free < 0)
        {
            return new BudgetSlice(0, -free, 0, request.LowMarkMicros);
        }

        var cost = Math.Max(1, request.LargestCostMicros);
        var share = free / nodes;
        var slice = share / 2 <= 64 * cost ? Math.Min(free, Math.Max(share, cost)) : share / 2;
        // Of this slice alone: a mark from when there was more would ask for every slice again as soon as it is touched, until a node has all that is free.
        var lowMark = Math.Max(slice / 4, 16 * cost);
        return request.HeldMicros < lowMark
            ? new BudgetSlice(slice, 0, free - slice, lowMark)
            : new BudgetSlice(0, 0, free, lowMark);
    }
}
