using System.Collections.Immutable;

namespace PmOrleans.Decisioning.Facts;

/// <summary>
/// A customer entered or left segments, or an amount that segments add up over their members is another now: written in the record of what caused
/// it, or alone when only time has passed. Accounting part only: numbers of the catalog, never an id.
/// </summary>
/// <param name="AtMicros">Customer time.</param>
/// <param name="Entered">Segment numbers, ascending; none of them in <paramref name="Left"/>.</param>
/// <param name="Left">Segment numbers, ascending.</param>
/// <param name="Amounts">New values of what segments add up, by ascending number of the amount.</param>
public sealed record SegmentChangeFact(
    long AtMicros, ImmutableArray<int> Entered, ImmutableArray<int> Left, ImmutableArray<SegmentAmount> Amounts) : Fact
{
    public override FactKind Kind => FactKind.SegmentChange;
}

/// <summary>What one customer adds to the sums of the segments that declare an amount.</summary>
/// <param name="Number">Stable number of the amount.</param>
/// <param name="Micros">Its value in millionths; for a time, Unix microseconds.</param>
public readonly record struct SegmentAmount(int Number, long Micros);
