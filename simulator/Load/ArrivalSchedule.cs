using PmOrleans.Simulator.Chance;

namespace PmOrleans.Simulator.Load;

/// <summary>When requests are meant to begin, in seconds after the start, in order. What the gateway does has no say in it: an open loop.</summary>
/// <remarks>
/// Arrivals are even, or Poisson, on a clock that runs with the intended rate: its reading after t seconds is how many are meant to have come by then.
/// One thread.
/// </remarks>
public sealed class ArrivalSchedule
{
    private const int Slots = 2000;
    private readonly double[] _sum = new double[Slots + 1];
    private readonly LoadOptions _options;
    private readonly Draws _gaps;
    private readonly double _slotSeconds;
    private double _reading;
    private int _slot;

    public ArrivalSchedule(LoadOptions options)
    {
        _options = options;
        _gaps = new Draws(options.Seed).For(60);
        var seconds = options.Duration.TotalSeconds;
        _slotSeconds = seconds / Slots;
        for (var slot = 0; slot < Slots; slot++)
        {
            var at = (slot + .5) * _slotSeconds;
            var level = options.DayShape ? 1 + (.8 * Math.Sin(2 * Math.PI * ((at / seconds) - .42))) : 1;
            if (options.Burst is { } burst && at >= burst.AtSeconds && at < burst.AtSeconds + burst.ForSeconds)
            {
                level *= burst.Factor;
            }

            _sum[slot + 1] = _sum[slot] + level;
        }

        // The day's mean is the rate that was asked for; a burst comes on top.
        var scale = options.Rate * seconds / Slots;
        for (var slot = 0; slot <= Slots; slot++)
        {
            _sum[slot] *= scale;
        }
    }

    /// <summary>How many are meant to come in all.</summary>
    public double Expected => _sum[^1];

    public long Count { get; private set; }

    /// <summary>The next arrival; <c>false</c> when there are no more.</summary>
    public bool TryNext(out double atSeconds)
    {
        _reading += _options.Arrivals == ArrivalKind.Constant ? 1 : _gaps.Exponential((ulong)Count);
        atSeconds = 0;
        if (_reading >= _sum[^1])
        {
            return false;
        }

        while (_sum[_slot + 1] <= _reading)
        {
            _slot++;
        }

        Count++;
        atSeconds = (_slot + ((_reading - _sum[_slot]) / (_sum[_slot + 1] - _sum[_slot]))) * _slotSeconds;
        return true;
    }
}
