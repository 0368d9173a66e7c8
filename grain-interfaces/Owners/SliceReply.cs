using PmOrleans.Node.Leases;

namespace PmOrleans.GrainInterfaces.Owners;

/// <summary>A slice of a budget as it travels; amounts in micros.</summary>
[GenerateSerializer]
[Immutable]
[Alias("PmOrleans.BudgetSlice")]
public sealed record SliceReply([property: Id(0)] long Granted, [property: Id(1)] long Excess, [property: Id(2)] long Free, [property: Id(3)] long LowMark)
{
    public static SliceReply Of(BudgetSlice slice) => new(slice.GrantedMicros, slice.ExcessMicros, slice.FreeMicros, slice.LowMarkMicros);

    public BudgetSlice ToSlice() => new(Granted, Excess, Free, LowMark);
}
