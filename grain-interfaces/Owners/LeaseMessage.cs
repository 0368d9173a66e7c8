using PmOrleans.Node.Owners;

namespace PmOrleans.GrainInterfaces.Owners;

/// <summary>What a sealed epoch has left on a lease, as it travels.</summary>
[GenerateSerializer]
[Immutable]
[Alias("PmOrleans.LeaseLeft")]
public sealed record LeaseMessage([property: Id(0)] int Campaign, [property: Id(1)] int Day, [property: Id(2)] long Micros)
{
    public static LeaseMessage Of(LeaseLeft left) => new(left.Campaign, left.Day, left.Micros);

    public LeaseLeft ToLeft() => new(Campaign, Day, Micros);
}
