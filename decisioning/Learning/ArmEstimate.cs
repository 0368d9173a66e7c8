namespace PmOrleans.Decisioning.Learning;

/// <summary>What is believed of an arm at a moment.</summary>
/// <param name="Rate">Posterior mean of the reward rate, in (0, 1).</param>
/// <param name="Spread">Posterior standard deviation of the rate after reshaping, above 0.</param>
/// <param name="Trials">Effective trials: decayed, those without an outcome counted as far as an outcome was due. Not negative.</param>
/// <param name="Rewards">Decayed rewards. Not negative.</param>
public readonly record struct ArmEstimate(double Rate, double Spread, double Trials, double Rewards);
