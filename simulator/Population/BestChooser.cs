using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Simulator.Shop;
using PmOrleans.Simulator.Truth;

namespace PmOrleans.Simulator.Population;

/// <summary>
/// The best possible: asks the engine what passes every filter, then lets it choose from the one offer whose true worth, less what its campaign's money was worth that
/// day, is highest. Caps and budgets are the engine's own, so they hold exactly.
/// </summary>
/// <param name="prices">From an earlier run over the same visits; <c>null</c>: money is spent as long as there is any.</param>
/// <remarks>It does not keep a capped offer for a later, better visit: how much that can be worth at most is the distance to the bound, which leaves the caps out.</remarks>
internal sealed class BestChooser(CatalogSnapshot catalog, Placement placement, TasteModel truth, MoneyPrices? prices, VisitSurvey survey) : IChooser
{
    private readonly Dictionary<Offer, string[]> _allBut = placement.Offers.ToDictionary(
        offer => offer, offer => placement.Offers.Where(other => other != offer).Select(other => other.Id).ToArray());

    private readonly string[] _all = [.. placement.Offers.Select(offer => offer.Id)];

    public async ValueTask<Answered> DecideAsync(IEngine engine, Visit visit, PlacementRequest[] placements)
    {
        var request = PolicyChooser.Request(visit, placements);
        var asked = await engine.DecideAsync(request with { DecisionId = null, DryRun = true, Explain = true });
        if (asked.Refusal is not null)
        {
            return asked;
        }

        var candidates = asked.Candidates ?? [];
        survey.Add(visit, candidates);
        Offer? best = null;
        double most = 0;
        foreach (var candidate in candidates)
        {
            if (candidate.Reason != RemovalReason.None)
            {
                continue;
            }

            var offer = catalog.OfferById[candidate.OfferId];
            var rate = truth.ClickRate(visit.Customer, offer, visit.AtMicros);
            var price = prices?.At(offer.Campaign, visit.AtMicros) ?? 0;
            var worth = truth.WorthOf(visit.Customer, offer, visit.AtMicros, rate) - (price * truth.SpendOf(visit.Customer, offer, visit.AtMicros, rate));
            if (worth > most)
            {
                (best, most) = (offer, worth);
            }
        }

        return await engine.DecideAsync(request with { Placements = [new PlacementRequest(placement.Id, 1, best is null ? _all : _allBut[best])] });
    }
}
