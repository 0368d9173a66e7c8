namespace PmOrleans.Node.Queue;

/// <summary>A touchpoint on its way into the queue.</summary>
/// <param name="Customer">Keyed hash of the outside id it was sent under.</param>
/// <param name="Message">Keyed hash of its message id, 8 bytes as a tombstone has them.</param>
/// <param name="QueuedAtMicros">When it was accepted.</param>
/// <param name="Body">The touchpoint, encrypted.</param>
public sealed record QueuedRow(UInt128 Customer, byte[] Message, long QueuedAtMicros, byte[] Body);

/// <summary>A touchpoint as it waits in the queue.</summary>
/// <param name="Part">0 to 31; each has one reader at a time, and a customer is in one of them.</param>
/// <param name="Number">Order within the part: what was committed before another was sent has the lower number.</param>
internal sealed record WaitingRow(short Part, long Number, UInt128 Customer, long QueuedAtMicros, byte[] Body);
