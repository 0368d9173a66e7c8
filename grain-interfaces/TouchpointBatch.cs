using PmOrleans.Decisioning.Facts;

namespace PmOrleans.GrainInterfaces;

/// <summary>One customer's touchpoints, in order; nobody changes the array any more.</summary>
[GenerateSerializer]
[Immutable]
[Alias("PmOrleans.TouchpointBatch")]
public sealed record TouchpointBatch([property: Id(0)] Touchpoint[] Touchpoints);
