using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Simulator.Shop;
using PmOrleans.Simulator.Truth;

namespace PmOrleans.Simulator.Population;

/// <summary>
/// The best possible, as far as one visit can see: asks the engine what passes every filter, then lets it choose from the one offer whose true value less
/// cost, at the price of its campaign's money, is highest. Caps and budgets are the engine's own, so they hold exactly.
/// </summary>
/// <remarks>A bound in practice, not in theory: it does not keep a capped offer for a later, better visit.</remarks>
internal sealed class BestChooser(CatalogSnapshot catalog, Placement placement, TasteModel truth) : IChooser
{
    private readonly Dictionary<Offer, string[]> _allBut = placement.Offers.ToDictionary(
        offer => offer, offer => placement.Offers.Where(other => other != offer).Select(other => other.Id).ToArray());

    private readonly string[] _all = [.. placement.Offers.Select(offer => offer.Id)];

    public async ValueTask<Answered> DecideAsync(IEngine engine, Visit visit, PlacementRequest[] placements)
    {
        var request = PolicyChooser.Request(visit, placements);
        var survey = await engine.DecideAsync(request with { DecisionId = null, DryRun = true, Explain = true });
        if (survey.Refusal is not null)
        {
            return survey;
        }

        Offer? best = null;
        double most = 0;
        foreach (var candidate in survey.Candidates ?? [])
        {
            if (candidate.Reason != RemovalReason.None)
            {
                continue;
            }

            var offer = catalog.OfferById[candidate.OfferId];
            var rate = truth.ClickRate(visit.Customer, offer, visit.AtMicros);
            var spend = offer.CostMicros / 1e6 * Worth.SpentShare(offer, rate);
            var worth = (rate * offer.Value) - spend - (candidate.Price * spend);
            if (worth > most)
            {
                (best, most) = (offer, worth);
            }
        }

        return await engine.DecideAsync(request with { Placements = [new PlacementRequest(placement.Id, 1, best is null ? _all : _allBut[best])] });
    }
}
