namespace PmOrleans.Gateway.Http;

/// <summary>Estimates how long the next request will wait, from how long the last ones took and how many are under way.</summary>
/// <remarks>
/// Little's law: with L under way and each taking W, L / W are served a second, so a newcomer behind n others waits about W x (n + 1) / L. W and L
/// are exponentially weighted means over completions. L is taken as at least <see cref="AssumedParallel"/>: requests wait together for one
/// commit of the log, and a burst after a quiet time must not be judged by the few that came before it. When nothing completes at all, the time
/// since the last completion is the estimate. With nothing under way the answer is zero, so that somebody always tries.
/// </remarks>
internal sealed class WaitEstimate(TimeProvider time)
{
    public const int AssumedParallel = 64;

    /// <summary>Weight of one completion: the last fifty or so count.</summary>
    private const double Weight = 0.04;

    private readonly Lock _gate = new();
    private int _underWay;
    private double _meanMs;
    private double _meanUnderWay;
    private long _lastProgress;

    public int UnderWay => Volatile.Read(ref _underWay);

    /// <summary>Milliseconds the next one would wait.</summary>
    public double EstimateMs()
    {
        lock (_gate)
        {
            if (_underWay == 0)
            {
                return 0;
            }

            var queue = _meanMs * Math.Max(1, (_underWay + 1) / Math.Max(_meanUnderWay, AssumedParallel));
            return Math.Max(queue, time.GetElapsedTime(_lastProgress).TotalMilliseconds);
        }
    }

    /// <returns>When it began, to be handed to <see cref="End"/>.</returns>
    public long Begin()
    {
        var now = time.GetTimestamp();
        lock (_gate)
        {
            if (_underWay++ == 0)
            {
                _lastProgress = now;
            }
        }

        return now;
    }

    /// <param name="counts">False for a request that says nothing of the node: it was refused for its form.</param>
    public void End(long began, bool counts)
    {
        var now = time.GetTimestamp();
        lock (_gate)
        {
            if (counts)
            {
                _meanMs += Weight * (time.GetElapsedTime(began, now).TotalMilliseconds - _meanMs);
                _meanUnderWay += Weight * (_underWay - _meanUnderWay);
                _lastProgress = now;
            }

            _underWay--;
        }
    }
}
