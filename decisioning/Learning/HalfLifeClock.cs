namespace PmOrleans.Decisioning.Learning;

/// <summary>
/// Weights of event times under exponential forgetting, 2^(t / half-life), kept as a power of two (the epoch: whole half-lives since 1970)
/// and a fraction in [1, 2).
/// </summary>
/// <remarks>
/// A sum in units of an epoch moves to a later epoch by an exact change of its exponent, so nothing is lost by rescaling however
/// often it happens, and any order of folding or merging agrees but for the rounding of the additions. What falls below 2^-1074 is gone.
/// </remarks>
internal readonly struct HalfLifeClock(long halfLifeMicros)
{
    /// <summary>0 stands for no forgetting: there is one epoch, and every weight is 1.</summary>
    public long HalfLifeMicros => halfLifeMicros;

    /// <summary>Whole half-lives since 1970, rounded down.</summary>
    public long Epoch(long atMicros)
    {
        if (halfLifeMicros == 0) return 0;
        long epoch = atMicros / halfLifeMicros;
        return epoch * halfLifeMicros > atMicros ? epoch - 1 : epoch;
    }

    /// <summary>Weight of an event in units of an epoch; in [1, 2) for its own epoch.</summary>
    public double Weight(long atMicros, long epoch)
    {
        if (halfLifeMicros == 0) return 1;
        long own = Epoch(atMicros);
        double fraction = (atMicros - own * halfLifeMicros) / (double)halfLifeMicros;
        return Rescale(Math.Pow(2, fraction), own, epoch);
    }

    /// <summary>A sum in units of one epoch, in units of another.</summary>
    public static double Rescale(double sum, long fromEpoch, long toEpoch) =>
        fromEpoch == toEpoch ? sum : Math.ScaleB(sum, (int)Math.Clamp(fromEpoch - toEpoch, -3000, 3000));
}
