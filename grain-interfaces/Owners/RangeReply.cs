using PmOrleans.Node.Owners;

namespace PmOrleans.GrainInterfaces.Owners;

/// <summary>An owner's answer as it travels.</summary>
[GenerateSerializer]
[Immutable]
[Alias("PmOrleans.RangeAnswer")]
public sealed record RangeReply(
    [property: Id(0)] bool Folded,
    [property: Id(1)] long Watermark,
    [property: Id(2)] Guid Activation,
    [property: Id(3)] long Version,
    [property: Id(4)] byte[] Changes)
{
    public static RangeReply Of(RangeAnswer answer) => new(answer.Folded, answer.Watermark, answer.Activation, answer.Version, answer.Changes);

    public RangeAnswer ToAnswer() => new(Folded, Watermark, Activation, Version, Changes);
}
