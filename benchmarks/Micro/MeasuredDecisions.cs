using PmOrleans.Decisioning.Policies;

namespace PmOrleans.Benchmarks.Micro;

/// <summary>What each measured decision is.</summary>
internal static class MeasuredDecisions
{
    public static CoreScenario Scenario(this MeasuredDecision decision, int customers) => decision switch
    {
        MeasuredDecision.SquareCb50 => new CoreScenario(ExplorationKind.SquareCb, 50, 0, CoreEligibility.All, customers),
        MeasuredDecision.Thompson50 => new CoreScenario(ExplorationKind.Thompson, 50, 0, CoreEligibility.All, customers),
        MeasuredDecision.TenThousandElsewhere => new CoreScenario(ExplorationKind.SquareCb, 50, 9_950, CoreEligibility.All, customers),
        MeasuredDecision.TenThousandByAttribute => new CoreScenario(ExplorationKind.SquareCb, 10_000, 0, CoreEligibility.ByAttribute, customers),
        MeasuredDecision.TenThousandBySegment => new CoreScenario(ExplorationKind.SquareCb, 10_000, 0, CoreEligibility.BySegment, customers),
        _ => throw new ArgumentOutOfRangeException(nameof(decision), decision, "is not measured"),
    };
}
