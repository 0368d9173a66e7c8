namespace PmOrleans.Decisioning.Policies;

/// <summary>Turns scores into the probabilities from which an arm is then drawn (<see cref="ProbabilityDraw"/>), and which are logged.</summary>
/// <remarks>
/// Implementations are immutable, safe to share between threads and allocate nothing up to 128 arms (more may rent from the shared pool).
/// Arms are positions in the spans; permuting them permutes the probabilities.
/// </remarks>
public interface IExploration
{
    /// <summary>Writes the probability of every arm, mixed with the floor: p' = (1 - floor) p + floor / K.</summary>
    /// <param name="scores">One finite number per arm, any sign, higher is better. At least one arm.</param>
    /// <param name="spreads">Standard deviations of the scores, finite and not negative, one per arm; 0 means certain.</param>
    /// <param name="input">Observations so far and the scale of the scores.</param>
    /// <param name="probabilities">Receives K numbers that sum to 1 within 1e-12, each at least floor / K. May not overlap the inputs.</param>
    /// <exception cref="ArgumentException">No arm, spans of different lengths, a score that is not finite or a spread that is not finite or negative.</exception>
    void Distribute(ReadOnlySpan<double> scores, ReadOnlySpan<double> spreads, in ExplorationInput input, Span<double> probabilities);
}
