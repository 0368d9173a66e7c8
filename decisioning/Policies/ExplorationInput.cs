namespace PmOrleans.Decisioning.Policies;

/// <summary>What an exploration needs besides scores and spreads. <c>default</c> is valid: nothing observed yet, scale taken from the scores.</summary>
/// <param name="Observations">Outcomes the model has learned from so far (not below 0); SquareCB explores less as it grows.</param>
/// <param name="ScoreScale">
/// The largest score possible here, in score units, for example the highest value times weights at a rate of 1. SquareCB and softmax divide
/// gaps by it. The scale used is never less than the largest gap among the scores, so that scaled gaps stay in [0, 1]; hence 0, a tiny
/// number, a negative one or NaN mean "take the largest gap".
/// </param>
public readonly record struct ExplorationInput(long Observations, double ScoreScale);
