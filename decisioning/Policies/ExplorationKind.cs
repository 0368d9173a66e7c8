namespace PmOrleans.Decisioning.Policies;

/// <summary>How estimates become probabilities. In catalogs the names are camelCase; see <see cref="Explorations.TryParse"/>.</summary>
public enum ExplorationKind
{
    /// <summary>All on the highest score, ties shared.</summary>
    Greedy = 0,

    /// <summary>Greedy, with a fixed share spread evenly over all arms.</summary>
    EpsilonGreedy = 1,

    /// <summary>Probability proportional to the exponential of the score.</summary>
    Softmax = 2,

    /// <summary>Inverse gap weighting: cheap, closed-form probabilities.</summary>
    SquareCb = 3,

    /// <summary>The probability that an arm is the best, scores being normal with the given spreads.</summary>
    Thompson = 4,
}
