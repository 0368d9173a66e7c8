namespace PmOrleans.GrainInterfaces;

/// <summary>A reply of the port as JSON: one of the two.</summary>
[GenerateSerializer]
[Immutable]
[Alias("PmOrleans.DeskReply")]
public sealed record DeskReply([property: Id(0)] byte[]? Value, [property: Id(1)] byte[]? Refusal);
