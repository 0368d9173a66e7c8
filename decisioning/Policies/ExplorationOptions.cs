namespace PmOrleans.Decisioning.Policies;

/// <summary>Knobs of an exploration. A knob that the chosen kind does not read is still checked: it may be switched to later.</summary>
public sealed record ExplorationOptions
{
    /// <summary>Default <see cref="ExplorationKind.Thompson"/>.</summary>
    public ExplorationKind Kind { get; init; } = ExplorationKind.Thompson;

    /// <summary>
    /// Share of all draws spread evenly over the arms whatever the scores say, in [0, 1]; default .02. It bounds importance weights by
    /// K / floor. At 0 the log cannot be used to evaluate other policies.
    /// </summary>
    public double Floor { get; init; } = .02;

    /// <summary>Epsilon-greedy: share spread evenly, in [0, 1]; default .05 (Vowpal Wabbit's). The floor comes on top.</summary>
    public double Epsilon { get; init; } = .05;

    /// <summary>
    /// Softmax: the score difference, as a share of the score scale, at which an arm is e times less likely; in [1e-6, 1e6], default .1.
    /// A share and not an absolute number so that it means the same whatever the offers are worth.
    /// </summary>
    public double Temperature { get; init; } = .1;

    /// <summary>SquareCB: gamma = scale x observations^exponent; in (0, 1e9], default 10.</summary>
    public double GammaScale { get; init; } = 10;

    /// <summary>SquareCB: exponent of the number of observations, in [0, 1]; default .5.</summary>
    public double GammaExponent { get; init; } = .5;

    /// <summary>All that is wrong with these options, by camelCase field; empty when they can be used.</summary>
    public IReadOnlyList<(string Field, string Message)> Validate()
    {
        var problems = new List<(string, string)>();
        if (!Enum.IsDefined(Kind)) problems.Add(("kind", $"is none of {string.Join(", ", Explorations.Names)}"));
        Require(Floor is >= 0 and <= 1, "floor", "must be from 0 to 1");
        Require(Epsilon is >= 0 and <= 1, "epsilon", "must be from 0 to 1");
        Require(Temperature is >= 1e-6 and <= 1e6, "temperature", "must be from 0.000001 to 1000000");
        Require(GammaScale is > 0 and <= 1e9, "gammaScale", "must be above 0, at most 1000000000");
        Require(GammaExponent is >= 0 and <= 1, "gammaExponent", "must be from 0 to 1");
        return problems;

        void Require(bool holds, string field, string message)
        {
            if (!holds) problems.Add((field, message));
        }
    }
}
