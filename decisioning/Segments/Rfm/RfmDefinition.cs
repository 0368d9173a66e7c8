using System.Collections.Immutable;

namespace PmOrleans.Decisioning.Segments.Rfm;

/// <summary>Recency, frequency and monetary value of one type of touchpoint, as the catalog switches it on.</summary>
/// <param name="Type">The touchpoint type, mostly <c>purchase</c>.</param>
/// <param name="LastAt">Amount reported for recency.</param>
/// <param name="Count">Amount reported for frequency.</param>
/// <param name="Value">Amount reported for monetary value.</param>
public sealed record RfmDefinition(string Type, SegmentAmountDefinition LastAt, SegmentAmountDefinition Count, SegmentAmountDefinition Value)
{
    public ImmutableArray<SegmentAmountDefinition> Amounts { get; } = [LastAt, Count, Value];
}
