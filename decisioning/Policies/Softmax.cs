namespace PmOrleans.Decisioning.Policies;

/// <summary>p is proportional to exp(-gap / (temperature x scale)). Spreads are not read.</summary>
internal sealed class Softmax(ExplorationOptions options) : IExploration
{
    public void Distribute(ReadOnlySpan<double> scores, ReadOnlySpan<double> spreads, in ExplorationInput input, Span<double> probabilities)
    {
        double best = ExplorationContract.CheckedBest(scores, spreads, probabilities);
        double scale = ExplorationContract.GapScale(scores, best, input.ScoreScale);

        // Gaps from the best, not the scores themselves: the largest exponent is 0 and nothing overflows.
        for (int arm = 0; arm < scores.Length; arm++)
            probabilities[arm] = scale > 0 ? Math.Exp(-(ExplorationContract.Gap(best, scores[arm]) / scale) / options.Temperature) : 1;

        ExplorationContract.Finish(probabilities, options.Floor);
    }
}
