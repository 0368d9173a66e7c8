using System.Globalization;

namespace PmOrleans.Simulator.Report;

/// <summary>A scale from values to pixels with round marks on it; logarithmic where values span decades.</summary>
internal sealed class Axis
{
    private readonly double _low;
    private readonly double _high;
    private readonly double _from;
    private readonly double _to;
    private readonly bool _isLog;
    private readonly bool _isTime;

    public Axis(double low, double high, double fromPixel, double toPixel, bool isLog = false, bool isTime = false)
    {
        if (!(high > low))
        {
            high = low == 0 ? 1 : low + Math.Abs(low);
        }

        (_low, _high, _from, _to, _isLog, _isTime) = (low, high, fromPixel, toPixel, isLog, isTime);
        Marks = isTime ? [.. Enumerable.Range(0, 3).Select(i => low + ((high - low) * i / 2))] : isLog ? Decades() : Round();
    }

    public IReadOnlyList<double> Marks { get; }

    public double At(double value)
    {
        var share = _isLog
            ? (Math.Log10(Math.Max(value, _low)) - Math.Log10(_low)) / (Math.Log10(_high) - Math.Log10(_low))
            : (value - _low) / (_high - _low);
        return _from + (Math.Clamp(share, -.02, 1.02) * (_to - _from));
    }

    public string Text(double mark)
    {
        if (_isTime)
        {
            var at = new DateTime((long)mark, DateTimeKind.Utc);
            return at.ToString(
                _high - _low > TimeSpan.TicksPerDay * 3L ? "yyyy-MM-dd" : _high - _low > TimeSpan.TicksPerMinute * 30 ? "MM-dd HH:mm" : "HH:mm:ss", CultureInfo.InvariantCulture);
        }

        var size = Math.Abs(mark);
        return size >= 1e6 ? (mark / 1e6).ToString("0.##", CultureInfo.InvariantCulture) + "M"
            : size >= 10_000 ? (mark / 1e3).ToString("0.#", CultureInfo.InvariantCulture) + "k"
            : mark.ToString("0.####", CultureInfo.InvariantCulture);
    }

    private List<double> Round()
    {
        var step = Math.Pow(10, Math.Floor(Math.Log10((_high - _low) / 4)));
        step *= ((_high - _low) / 4 / step) switch
        {
            >= 5 => 5,
            >= 2 => 2,
            _ => 1,
        };
        var marks = new List<double>();
        for (var mark = Math.Ceiling(_low / step) * step; mark <= _high + (step / 1000) && marks.Count < 12; mark += step)
        {
            marks.Add(mark);
        }

        return marks;
    }

    private List<double> Decades()
    {
        var marks = new List<double>();
        for (var power = Math.Floor(Math.Log10(_low)); power <= Math.Log10(_high); power++)
        {
            foreach (var step in (ReadOnlySpan<double>)[1, 3])
            {
                var mark = step * Math.Pow(10, power);
                if (mark >= _low && mark <= _high)
                {
                    marks.Add(mark);
                }
            }
        }

        return marks;
    }
}
