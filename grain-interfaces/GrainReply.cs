using PmOrleans.Node.Port;

namespace PmOrleans.GrainInterfaces;

/// <summary>The port's reply as it travels: a value or a refusal. Immutable, so a local call hands over the same object.</summary>
[GenerateSerializer]
[Immutable]
[Alias("PmOrleans.Reply`1")]
public sealed record GrainReply<T>([property: Id(0)] T? Value, [property: Id(1)] Refusal? Refusal)
    where T : class
{
    /// <summary>Name of the silo that answered, for callers that may ask there next time.</summary>
    [Id(2)]
    public string? Node { get; init; }

    public static GrainReply<T> From(Reply<T> reply) => new(reply.Value, reply.Refusal);

    public Reply<T> ToReply() => new(Value, Refusal) { Node = Node };
}
