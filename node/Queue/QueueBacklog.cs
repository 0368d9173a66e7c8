namespace PmOrleans.Node.Queue;

/// <summary>What waits in the queue of the whole cluster. <c>default</c>: nothing.</summary>
/// <param name="Rows">Touchpoints.</param>
/// <param name="Bytes">Of their bodies.</param>
/// <param name="OldestMicros">When the oldest was accepted, Unix microseconds; 0 for none.</param>
/// <param name="Late">Touchpoints that wait for longer than <see cref="QueueOptions.MaxAge"/>.</param>
internal readonly record struct QueueBacklog(long Rows, long Bytes, long OldestMicros, long Late)
{
    public TimeSpan AgeAt(long nowMicros) => Rows == 0 ? TimeSpan.Zero : TimeSpan.FromMicroseconds(Math.Max(0, nowMicros - OldestMicros));
}
