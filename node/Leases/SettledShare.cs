namespace PmOrleans.Node.Leases;

/// <summary>
/// How much becomes spend of what decisions were expected to spend: 1 where the estimates are true. Less where nothing says how likely the event is that
/// settles, so that the whole cost was expected.
/// </summary>
/// <remarks>
/// Settlements come after their decisions. Held against all that was decided they are too few, held against what was decided a delay ago too many: the share is
/// the number between the two that is nearest to 1.
/// </remarks>
internal sealed class SettledShare
{
    /// <summary>Moments remembered within a delay.</summary>
    private const int Moments = 32;

    private readonly Queue<(long AtMicros, double Expected)> _past = [];
    private long _notedMicros = long.MinValue;
    private double _due;

    /// <param name="delayMicros">After this long a decision has settled or never will.</param>
    /// <param name="expected">Micros that all decisions so far were expected to spend.</param>
    /// <param name="settled">Micros they have spent.</param>
    /// <param name="weight">Micros that speak for a share of 1 before anything is known.</param>
    public double At(long nowMicros, long delayMicros, double expected, double settled, double weight)
    {
        while (_past.TryPeek(out var oldest) && oldest.AtMicros <= nowMicros - delayMicros)
        {
            _due = oldest.Expected;
            _past.Dequeue();
        }

        if (nowMicros >= _notedMicros + (delayMicros / Moments))
        {
            _past.Enqueue((nowMicros, expected));
            _notedMicros = nowMicros;
        }

        var least = settled / (expected + weight);
        return Math.Clamp(1, least, Math.Max(least, (settled + weight) / (_due + weight)));
    }
}
