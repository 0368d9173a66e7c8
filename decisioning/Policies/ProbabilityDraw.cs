namespace PmOrleans.Decisioning.Policies;

/// <summary>The draw: one uniform number picks one arm.</summary>
public static class ProbabilityDraw
{
    /// <summary>The first arm at which the running sum of probabilities exceeds <paramref name="uniform"/>.</summary>
    /// <param name="probabilities">Not negative, summing to 1 up to rounding; at least one above 0.</param>
    /// <param name="uniform">In [0, 1).</param>
    /// <returns>
    /// An index whose probability is above 0. Where rounding leaves the sum short of <paramref name="uniform"/>, the last such index.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="uniform"/> is outside [0, 1) or NaN.</exception>
    /// <exception cref="ArgumentException">No arm has a probability above 0.</exception>
    public static int Index(ReadOnlySpan<double> probabilities, double uniform)
    {
        if (!(uniform >= 0) || uniform >= 1) throw new ArgumentOutOfRangeException(nameof(uniform), uniform, "must be in [0, 1)");

        double sum = 0;
        int last = -1;
        for (int arm = 0; arm < probabilities.Length; arm++)
        {
            double probability = probabilities[arm];
            if (!(probability > 0)) continue;
            sum += probability;
            last = arm;
            if (uniform < sum) return arm;
        }

        return last >= 0 ? last : throw new ArgumentException("no arm has a probability above 0", nameof(probabilities));
    }
}
