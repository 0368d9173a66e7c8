namespace PmOrleans.Simulator.Load;

/// <summary>Ranks from 0 whose probabilities fall with a power: rank k has 1 / (k + 1)^exponent.</summary>
/// <remarks>
/// The inverse of the continuous distribution over [1/2, n + 1/2], rounded: exact enough for popularity (the first rank within a few percent), without a
/// table for a hundred million customers.
/// </remarks>
public readonly struct ZipfDraw
{
    private readonly int _count;
    private readonly double _exponent;
    private readonly double _from;
    private readonly double _span;

    public ZipfDraw(int count, double exponent)
    {
        (_count, _exponent) = (count, exponent);
        _from = Integral(.5);
        _span = Integral(count + .5) - _from;
    }

    /// <param name="uniform">In [0, 1).</param>
    public int Rank(double uniform)
    {
        if (_exponent == 0)
        {
            return (int)(uniform * _count);
        }

        var reading = _from + (uniform * _span);
        var at = Math.Abs(_exponent - 1) < 1e-9 ? Math.Exp(reading) : Math.Pow(reading * (1 - _exponent), 1 / (1 - _exponent));
        return Math.Clamp((int)Math.Round(at) - 1, 0, _count - 1);
    }

    private double Integral(double x) => Math.Abs(_exponent - 1) < 1e-9 ? Math.Log(x) : Math.Pow(x, 1 - _exponent) / (1 - _exponent);
}
