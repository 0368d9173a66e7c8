namespace PmOrleans.Decisioning.Policies;

/// <summary>
/// Inverse gap weighting: p = 1 / (K + gamma x gap / scale) for all but the best, the rest for the best (ties share it), with
/// gamma = gammaScale x observations^gammaExponent. Spreads are not read.
/// </summary>
/// <remarks>
/// Abe and Long 1999; Foster and Rakhlin, "Beyond UCB: optimal and efficient contextual bandits with regression oracles", ICML 2020. Knobs
/// and defaults as in Vowpal Wabbit, whose counter starts at 1: no observation counts as one.
/// </remarks>
internal sealed class SquareCb(ExplorationOptions options) : IExploration
{
    public void Distribute(ReadOnlySpan<double> scores, ReadOnlySpan<double> spreads, in ExplorationInput input, Span<double> probabilities)
    {
        double best = ExplorationContract.CheckedBest(scores, spreads, probabilities);
        double scale = ExplorationContract.GapScale(scores, best, input.ScoreScale);
        double gamma = options.GammaScale * Math.Pow(Math.Max(1, input.Observations), options.GammaExponent);

        double left = 1;
        for (int arm = 0; arm < scores.Length; arm++)
        {
            if (scores[arm] == best) continue;
            // scale > 0: there is a gap, and the scale is at least the largest one
            double probability = 1 / (scores.Length + gamma * (ExplorationContract.Gap(best, scores[arm]) / scale));
            probabilities[arm] = probability;
            left -= probability;
        }

        ExplorationContract.ShareAmongBest(scores, best, left, probabilities);
        ExplorationContract.Finish(probabilities, options.Floor);
    }
}
