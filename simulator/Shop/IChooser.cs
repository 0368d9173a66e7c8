using PmOrleans.Decisioning.Decisions;

namespace PmOrleans.Simulator.Shop;

/// <summary>Who picks the offer of a visit.</summary>
internal interface IChooser
{
    ValueTask<Answered> DecideAsync(IEngine engine, Visit visit, PlacementRequest[] placements);
}
