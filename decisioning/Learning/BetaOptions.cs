namespace PmOrleans.Decisioning.Learning;

/// <summary>Knobs of <see cref="BetaModel"/>. Half-life and reward window are part of what was folded: changing them means folding anew.</summary>
public sealed record BetaOptions
{
    /// <summary>
    /// Time after which a trial counts half; none (null) by default, otherwise from 1 second to 36,500 days. Insurance with a price: forgetting
    /// pays when offers change their appeal and costs when they do not.
    /// </summary>
    public TimeSpan? HalfLife { get; init; }

    /// <summary>Prior rewards, in (0, 1e9]; default 1.</summary>
    public double PriorAlpha { get; init; } = 1;

    /// <summary>Prior trials without reward, in (0, 1e9]; default 1. Beta(1, 1) believes in a rate of one half until told otherwise.</summary>
    public double PriorBeta { get; init; } = 1;

    /// <summary>
    /// Fit the prior to the policy's own offers (<see cref="EmpiricalBayesPrior"/>) once there are enough; until then the numbers above hold.
    /// Default false. Advised where rates are under 1 %.
    /// </summary>
    public bool EmpiricalBayes { get; init; }

    /// <summary>
    /// Posterior reshaping (Chapelle and Li 2011): spread is that of Beta(a / reshape, b / reshape), in (0, 4]; default 1; .5 is advised under
    /// 1 % of clicks. Below 1 exploits more. The mean stays, the variance is multiplied by about this number.
    /// </summary>
    public double Reshape { get; init; } = 1;

    /// <summary>Time within which an outcome is attributed to its decision, from 1 second to 400 days; default 1 day. After it a trial has failed.</summary>
    public TimeSpan RewardWindow { get; init; } = TimeSpan.FromDays(1);

    /// <summary>All that is wrong with these options, by camelCase field; empty when they can be used.</summary>
    public IReadOnlyList<(string Field, string Message)> Validate()
    {
        var problems = new List<(string, string)>();
        Require(HalfLife is null || (HalfLife >= TimeSpan.FromSeconds(1) && HalfLife <= TimeSpan.FromDays(36_500)), "halfLife", "must be from 1 second to 36500 days");
        Require(PriorAlpha is > 0 and <= 1e9, "priorAlpha", "must be above 0, at most 1000000000");
        Require(PriorBeta is > 0 and <= 1e9, "priorBeta", "must be above 0, at most 1000000000");
        Require(Reshape is > 0 and <= 4, "reshape", "must be above 0, at most 4");
        Require(RewardWindow >= TimeSpan.FromSeconds(1) && RewardWindow <= TimeSpan.FromDays(400), "rewardWindow", "must be from 1 second to 400 days");
        return problems;

        void Require(bool holds, string field, string message)
        {
            if (!holds) problems.Add((field, message));
        }
    }
}
