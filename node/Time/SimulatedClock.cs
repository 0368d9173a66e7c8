namespace PmOrleans.Node.Time;

/// <summary>A clock that stands still until it is told: time comes from the requests of a replay.</summary>
public sealed class SimulatedClock(DateTimeOffset start) : TimeProvider
{
    private long _ticks = start.UtcTicks;

    public override DateTimeOffset GetUtcNow() => new(Interlocked.Read(ref _ticks), TimeSpan.Zero);

    /// <summary>Moves on to a time, Unix microseconds; never back.</summary>
    public void AdvanceTo(long atMicros)
    {
        var target = DateTime.UnixEpoch.Ticks + (atMicros * 10);
        var seen = Interlocked.Read(ref _ticks);
        while (seen < target)
        {
            var before = Interlocked.CompareExchange(ref _ticks, target, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }
}
