namespace PmOrleans.Decisioning.Policies;

/// <summary>The probability of every arm to have the highest score when scores are independent normals: computed, not sampled.</summary>
/// <remarks>
/// Drawing from these probabilities is Thompson sampling (Thompson 1933) with the propensity known, which one draw of scores would leave
/// unknown. Spreads of 0 are allowed: such arms are certain, ties among them share equally.
/// </remarks>
internal sealed class ThompsonSampling(ExplorationOptions options) : IExploration
{
    public void Distribute(ReadOnlySpan<double> scores, ReadOnlySpan<double> spreads, in ExplorationInput input, Span<double> probabilities)
    {
        _ = ExplorationContract.CheckedBest(scores, spreads, probabilities);

        HighestOfNormals.Probabilities(scores, spreads, probabilities);

        ExplorationContract.Finish(probabilities, options.Floor);
    }
}
