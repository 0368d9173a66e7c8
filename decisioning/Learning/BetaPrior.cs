namespace PmOrleans.Decisioning.Learning;

/// <summary>A Beta distribution of rates before anything is known of an arm. Both numbers are above 0.</summary>
public readonly record struct BetaPrior(double Alpha, double Beta);
