using PmOrleans.Decisioning.Decisions;

namespace PmOrleans.Simulator.Shop;

/// <summary>The engine's own policy picks.</summary>
internal sealed class PolicyChooser : IChooser
{
    /// <summary>One decision in so many is asked to explain itself: a sample of why candidates are removed.</summary>
    private const int ExplainEvery = 50;

    public ValueTask<Answered> DecideAsync(IEngine engine, Visit visit, PlacementRequest[] placements) =>
        engine.DecideAsync(Request(visit, placements));

    public static DecisionRequest Request(Visit visit, PlacementRequest[] placements) => new()
    {
        DecisionId = $"d{visit.Number}",
        CustomerId = visit.CustomerId,
        Placements = placements,
        Context = visit.Context,
        Touchpoints = visit.Before,
        AtMicros = visit.AtMicros,
        Explain = visit.Number % ExplainEvery == 0,
    };
}
