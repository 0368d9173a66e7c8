namespace PmOrleans.Decisioning.Policies;

/// <summary>What every exploration checks before and does after its own formula.</summary>
internal static class ExplorationContract
{
    /// <summary>Checks the inputs in one pass and returns the highest score.</summary>
    public static double CheckedBest(ReadOnlySpan<double> scores, ReadOnlySpan<double> spreads, ReadOnlySpan<double> probabilities)
    {
        if (scores.IsEmpty) throw new ArgumentException("there is no arm to choose from", nameof(scores));
        if (spreads.Length != scores.Length) throw new ArgumentException("there must be one spread per score", nameof(spreads));
        if (probabilities.Length != scores.Length) throw new ArgumentException("there must be room for one probability per score", nameof(probabilities));

        double best = double.NegativeInfinity;
        for (int arm = 0; arm < scores.Length; arm++)
        {
            if (!double.IsFinite(scores[arm])) throw new ArgumentException($"score {arm} is not finite", nameof(scores));
            if (!(spreads[arm] >= 0) || !double.IsFinite(spreads[arm]))
                throw new ArgumentException($"spread {arm} is negative or not finite", nameof(spreads));
            if (scores[arm] > best) best = scores[arm];
        }

        return best;
    }

    /// <summary>best - score, kept finite for scores near the ends of double's range.</summary>
    public static double Gap(double best, double score) => Math.Min(best - score, double.MaxValue);

    /// <summary>The divisor that brings every gap into [0, 1]; 0 when all scores are equal and no scale was given.</summary>
    public static double GapScale(ReadOnlySpan<double> scores, double best, double scoreScale)
    {
        double worst = best;
        foreach (double score in scores)
            if (score < worst) worst = score;

        double widest = Gap(best, worst);
        return scoreScale > widest ? Math.Min(scoreScale, double.MaxValue) : widest;
    }

    /// <summary>Gives every best arm the same share of <paramref name="mass"/> and leaves the others alone.</summary>
    public static void ShareAmongBest(ReadOnlySpan<double> scores, double best, double mass, Span<double> probabilities)
    {
        int ties = 0;
        foreach (double score in scores)
            if (score == best) ties++;

        for (int arm = 0; arm < scores.Length; arm++)
            if (scores[arm] == best) probabilities[arm] = mass / ties;
    }

    /// <summary>
    /// Normalises raw weights (not negative, not all 0) and mixes the floor in. What rounding leaves of 1 goes to the largest arm, so that
    /// no arm falls below floor / K and the sum is as close to 1 as a double can say.
    /// </summary>
    public static void Finish(Span<double> probabilities, double floor)
    {
        if (probabilities.Length == 1)
        {
            probabilities[0] = 1;
            return;
        }

        double total = 0;
        foreach (double weight in probabilities) total += weight;

        double keep = (1 - floor) / total;
        double share = floor / probabilities.Length;
        double sum = 0;
        double lost = 0; // Neumaier's compensation: with 10,000 arms a plain sum is off by 1e-13
        int largest = 0;
        for (int arm = 0; arm < probabilities.Length; arm++)
        {
            double mixed = probabilities[arm] * keep + share;
            probabilities[arm] = mixed;
            double next = sum + mixed;
            lost += sum >= mixed ? sum - next + mixed : mixed - next + sum;
            sum = next;
            if (mixed > probabilities[largest]) largest = arm;
        }

        probabilities[largest] += 1 - sum - lost;
    }
}
