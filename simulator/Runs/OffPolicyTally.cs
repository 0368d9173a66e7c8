using PmOrleans.Simulator.Shop;

namespace PmOrleans.Simulator.Runs;

/// <summary>
/// What another system's log says about ours: a visit counts where ours drew what was logged, weighted by how rarely the log showed it. Unbiased as
/// long as the log's propensities are true, because our draw does not depend on the logged one.
/// </summary>
internal sealed class OffPolicyTally
{
    private long _rows;
    private long _matched;
    private long _matchedClicks;
    private long _clicks;
    private double _sum;
    private double _squares;

    public void Add(LoggedAction logged, string? drawn)
    {
        _rows++;
        _clicks += logged.Clicked ? 1 : 0;
        if (drawn != logged.OfferId)
        {
            return;
        }

        _matched++;
        if (logged.Clicked)
        {
            _matchedClicks++;
            _sum += 1 / logged.Propensity;
            _squares += 1 / (logged.Propensity * logged.Propensity);
        }
    }

    public OffPolicyDocument? ToDocument()
    {
        if (_rows < 2)
        {
            return null;
        }

        var mean = _sum / _rows;
        var variance = ((_squares / _rows) - (mean * mean)) * _rows / (_rows - 1);
        return new OffPolicyDocument(_rows, _matched, _matchedClicks, mean, Math.Sqrt(Math.Max(0, variance) / _rows), (double)_clicks / _rows);
    }
}
