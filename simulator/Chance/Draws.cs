namespace PmOrleans.Simulator.Chance;

/// <summary>
/// Random numbers by name instead of by order: the draw for (customer, visit, purpose) is the same whatever was drawn before it. So one seed gives one
/// run, and every arm of a comparison meets the same luck.
/// </summary>
/// <remarks>SplitMix64's finaliser (Steele, Lea, Flood 2014) over the mixed coordinates; not for secrets.</remarks>
public readonly record struct Draws(ulong Seed)
{
    /// <summary>Another stream, for another purpose.</summary>
    public Draws For(ulong purpose) => new(Mix(Seed ^ Mix(purpose + 0x632be59bd9b4e019)));

    /// <summary>Uniform in [0, 1), 53 bits.</summary>
    public double Uniform(ulong first, ulong second = 0) => (Bits(first, second) >> 11) * (1.0 / (1UL << 53));

    /// <summary>Standard normal (Box and Muller).</summary>
    public double Normal(ulong first, ulong second = 0)
    {
        var radius = 1 - Uniform(first, second);
        var angle = For(1).Uniform(first, second);
        return Math.Sqrt(-2 * Math.Log(radius)) * Math.Cos(2 * Math.PI * angle);
    }

    /// <summary>Exponential with mean 1.</summary>
    public double Exponential(ulong first, ulong second = 0) => -Math.Log(1 - Uniform(first, second));

    /// <summary>Gamma with a mean of 1 and this shape, above 0 (Marsaglia and Tsang 2000).</summary>
    public double Gamma(double shape, ulong first)
    {
        var boosted = shape < 1 ? shape + 1 : shape;
        var d = boosted - (1.0 / 3);
        var c = 1 / Math.Sqrt(9 * d);
        for (ulong attempt = 0; ; attempt++)
        {
            var x = For(2).Normal(first, attempt);
            var v = Math.Pow(1 + (c * x), 3);
            if (v > 0 && Math.Log(1 - For(3).Uniform(first, attempt)) < (.5 * x * x) + d - (d * v) + (d * Math.Log(v)))
            {
                var value = d * v;
                return (shape < 1 ? value * Math.Pow(For(4).Uniform(first), 1 / shape) : value) / shape;
            }
        }
    }

    /// <summary>32 bytes for a store's secret.</summary>
    public byte[] Secret()
    {
        var bytes = new byte[32];
        for (var i = 0; i < 4; i++)
        {
            BitConverter.TryWriteBytes(bytes.AsSpan(i * 8), For(5).Bits((ulong)i, 0));
        }

        return bytes;
    }

    private ulong Bits(ulong first, ulong second) => Mix(Seed ^ Mix(first + 0x9e3779b97f4a7c15 + Mix(second ^ 0xd1b54a32d192ed03)));

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
        value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
        return value ^ (value >> 31);
    }
}
