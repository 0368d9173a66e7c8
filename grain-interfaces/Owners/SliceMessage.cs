using PmOrleans.Node.Leases;
using PmOrleans.Node.Owners;

namespace PmOrleans.GrainInterfaces.Owners;

/// <summary>A question for money as it travels; amounts in micros.</summary>
[GenerateSerializer]
[Immutable]
[Alias("PmOrleans.SliceAsk")]
public sealed record SliceMessage(
    [property: Id(0)] long Epoch,
    [property: Id(1)] long Number,
    [property: Id(2)] long Written,
    [property: Id(3)] int Campaign,
    [property: Id(4)] int Day,
    [property: Id(5)] long Budget,
    [property: Id(6)] long Held,
    [property: Id(7)] long LowMark,
    [property: Id(8)] long LargestCost,
    [property: Id(9)] int CatalogVersion)
{
    public static SliceMessage Of(SliceAsk ask)
    {
        var request = ask.Request;
        return new SliceMessage(
            ask.Epoch, ask.Number, ask.WrittenMicros, request.Campaign, request.Day, request.BudgetMicros, request.HeldMicros, request.LowMarkMicros,
            request.LargestCostMicros, request.CatalogVersion);
    }

    public SliceAsk ToAsk() => new(Epoch, Number, Written, new SliceRequest(Campaign, Day, Budget, Held, LowMark, LargestCost, CatalogVersion));
}
