namespace PmOrleans.GrainInterfaces.Streams;

/// <summary>A customer entered or left segments. Published at least once, and lost with a silo that has it on its way: the same node and sequence is the same change.</summary>
/// <param name="Node">Whose log it is in.</param>
/// <param name="Sequence">Of its record there.</param>
/// <param name="AtMicros">Customer time, Unix microseconds.</param>
/// <param name="Entered">Ids of the live catalog; segments it does not know any more are left out.</param>
[GenerateSerializer]
[Immutable]
[Alias("PmOrleans.SegmentsChanged")]
public sealed record SegmentsChanged(
    [property: Id(0)] string Node,
    [property: Id(1)] long Sequence,
    [property: Id(2)] long AtMicros,
    [property: Id(3)] string[] Entered,
    [property: Id(4)] string[] Left);
