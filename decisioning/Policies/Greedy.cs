namespace PmOrleans.Decisioning.Policies;

/// <summary>Everything but the floor goes to the highest score; equal best scores share it equally. Spreads are not read.</summary>
internal sealed class Greedy(ExplorationOptions options) : IExploration
{
    public void Distribute(ReadOnlySpan<double> scores, ReadOnlySpan<double> spreads, in ExplorationInput input, Span<double> probabilities)
    {
        double best = ExplorationContract.CheckedBest(scores, spreads, probabilities);

        probabilities.Clear();
        ExplorationContract.ShareAmongBest(scores, best, 1, probabilities);

        ExplorationContract.Finish(probabilities, options.Floor);
    }
}
