namespace PmOrleans.Node.Time;

/// <summary>A clock that stands still until it is told: time comes from the requests of a replay.</summary>
public sealed class SimulatedClock(DateTimeOffset start) : TimeProvider
{
    /// <summary>9900-01-01T00:00:00Z, the latest time it is moved to, Unix microseconds: days and windows that begin by then still end in the calendar.</summary>
    public const long LastMicros = 250_246_627_200_000_000;

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
