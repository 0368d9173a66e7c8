namespace PmOrleans.Decisioning.Learning;

/// <summary>What an operator sees of an arm.</summary>
/// <param name="Arm">The arm.</param>
/// <param name="Estimate">Mean and spread as decisions use them.</param>
/// <param name="Lower">2.5 % quantile of the posterior, before reshaping.</param>
/// <param name="Upper">97.5 % quantile.</param>
/// <param name="Trials">Decisions counted, undecayed.</param>
/// <param name="Rewards">Rewards counted, undecayed.</param>
/// <param name="Pending">Decisions without outcome yet; overdue ones included.</param>
/// <param name="LastUpdate">Latest decision or outcome folded, Unix microseconds.</param>
public sealed record ArmReport(ArmKey Arm, ArmEstimate Estimate, double Lower, double Upper, long Trials, long Rewards, long Pending, long LastUpdate);
