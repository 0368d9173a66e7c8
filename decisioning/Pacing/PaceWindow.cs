namespace PmOrleans.Decisioning.Pacing;

/// <summary>What a campaign's controller learns in one tick. All but the times and the budget are sums, so that nodes count apart and add.</summary>
/// <param name="From">Begin of the tick, Unix microseconds; the end of the previous one, or later after a pause.</param>
/// <param name="To">End of the tick, Unix microseconds, after <paramref name="From"/>.</param>
/// <param name="EndsAt">When the budget must be spent, Unix microseconds: the flight's or the budget day's end.</param>
/// <param name="Opportunities">Decisions in the tick in which the campaign had a candidate that passed every other filter.</param>
/// <param name="SpendMicros">Money that what was served in the tick spends, or its expectation, in the terms of <paramref name="CostSumMicros"/>.</param>
/// <param name="BudgetLeftMicros">Money left at <paramref name="To"/>.</param>
/// <param name="ScoreSum">Sum over the opportunities of the candidate's score before the price, in score units.</param>
/// <param name="CostSumMicros">Sum over the opportunities of what serving would have cost (or its expectation).</param>
/// <param name="Elsewhere">Opportunities expected from here to <paramref name="EndsAt"/> of others that spend the same budget. Default: 0.</param>
public readonly record struct PaceWindow(
    long From, long To, long EndsAt, long Opportunities, double SpendMicros, long BudgetLeftMicros, double ScoreSum, double CostSumMicros, double Elsewhere = 0);
