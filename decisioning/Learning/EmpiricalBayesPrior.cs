namespace PmOrleans.Decisioning.Learning;

/// <summary>A prior fitted to the rates of a policy's own offers by the method of moments.</summary>
/// <remarks>
/// With m and v the mean and variance of the offers' true rates, strength = m(1 - m)/v - 1, alpha = m x strength, beta = (1 - m) x strength.
/// Observed rates scatter more than the true ones: the mean of m(1 - m)/trials is subtracted from their variance. Offers count
/// alike, whatever their trials: the prior is about the next new offer, and a bandit shows good offers more often.
/// </remarks>
public static class EmpiricalBayesPrior
{
    /// <summary>Offers with fewer effective trials than this are left out.</summary>
    public const double MinimumTrials = 100;

    /// <summary>With fewer offers than this a variance says nothing: no prior is fitted.</summary>
    public const int MinimumOffers = 5;

    /// <summary>
    /// Highest strength. Offers that look all alike would otherwise forbid ever learning that one is not; men's offers of the Open Bandit
    /// data, among the most alike known, come to 3,900.
    /// </summary>
    public const double MaximumStrength = 10_000;

    /// <summary>The fitted prior, or <paramref name="fallback"/> when there is too little to fit or no reward at all.</summary>
    /// <param name="trials">Effective trials per offer, not negative.</param>
    /// <param name="rewards">Rewards per offer, same length, not negative.</param>
    /// <param name="fallback">What holds until then.</param>
    public static BetaPrior Fit(ReadOnlySpan<double> trials, ReadOnlySpan<double> rewards, BetaPrior fallback)
    {
        if (trials.Length != rewards.Length) throw new ArgumentException("there must be one number of rewards per offer", nameof(rewards));

        int offers = 0;
        double sum = 0, inverse = 0;
        for (int i = 0; i < trials.Length; i++)
        {
            if (!(trials[i] >= MinimumTrials)) continue;
            offers++;
            sum += Rate(trials[i], rewards[i]);
            inverse += 1 / trials[i];
        }

        if (offers < MinimumOffers) return fallback;
        double mean = sum / offers;
        if (mean is <= 0 or >= 1) return fallback;

        double squares = 0;
        for (int i = 0; i < trials.Length; i++)
        {
            if (!(trials[i] >= MinimumTrials)) continue;
            double distance = Rate(trials[i], rewards[i]) - mean;
            squares += distance * distance;
        }

        double bernoulli = mean * (1 - mean);
        double variance = squares / (offers - 1) - bernoulli * inverse / offers;
        // at most m(1-m) is possible; a strength below 1 would be a prior that prefers 0 and 1 to all between
        double strength = variance > 0 ? Math.Clamp(bernoulli / variance - 1, 1, MaximumStrength) : MaximumStrength;
        return new BetaPrior(mean * strength, (1 - mean) * strength);
    }

    private static double Rate(double trials, double rewards) => Math.Min(1, rewards / trials);
}
