using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Facts;

namespace PmOrleans.Decisioning.Decisions;

/// <summary>Turns a decision's fact into what is answered: fresh, repeated or read back from the log, always the same.</summary>
public static class AnswerBuilder
{
    /// <param name="catalog">The version the decision was made with; another one leaves out contents it does not know.</param>
    public static DecisionAnswer Build(DecisionFact fact, string customerId, CatalogSnapshot catalog, bool explain, bool repeated)
    {
        var placements = new PlacementAnswer[fact.Placements.Length];
        for (var i = 0; i < placements.Length; i++)
        {
            placements[i] = Build(fact.Placements[i], catalog, explain);
        }

        return new DecisionAnswer
        {
            DecisionId = fact.DecisionId ?? "",
            CustomerId = customerId,
            AtMicros = fact.AtMicros,
            CatalogVersion = fact.CatalogVersion,
            Repeated = repeated,
            Placements = placements,
        };
    }

    private static PlacementAnswer Build(PlacementDecision decision, CatalogSnapshot catalog, bool explain)
    {
        catalog.PlacementByNumber.TryGetValue(decision.Placement, out var placement);
        var offers = new OfferAnswer[decision.Offers.Length];
        for (var i = 0; i < offers.Length; i++)
        {
            var served = decision.Offers[i];
            offers[i] = served.IsFallback ? Fallback(i + 1, served, placement) : Build(i + 1, served, catalog);
        }

        return new PlacementAnswer
        {
            PlacementId = placement?.Id ?? catalog.Registry.IdOf(IdKind.Placement, decision.Placement) ?? "",
            PolicyId = catalog.Registry.IdOf(IdKind.Policy, decision.Policy) ?? "",
            Holdout = decision.Holdout,
            Offers = offers,
            HoldUntilMicros = decision.HoldUntilMicros == 0 ? null : decision.HoldUntilMicros,
            Experiments = decision.Exposures.Length == 0 ? [] : Name(decision.Exposures, catalog.Registry),
            Candidates = explain ? Explain(decision, catalog) : null,
        };
    }

    private static OfferAnswer Build(int rank, ServedOffer served, CatalogSnapshot catalog)
    {
        if (catalog.OfferByNumber.TryGetValue(served.Offer, out var offer))
        {
            return new OfferAnswer(
                rank, offer.Id, offer.Campaign.Id, Find(offer.Creatives, served.Creative), served.Propensity, served.Score, Fallback: false);
        }

        return new OfferAnswer(
            rank,
            catalog.Registry.IdOf(IdKind.Offer, served.Offer) ?? "",
            catalog.Registry.IdOf(IdKind.Campaign, served.Campaign),
            null,
            served.Propensity,
            served.Score,
            Fallback: false);
    }

    private static OfferAnswer Fallback(int rank, ServedOffer served, Placement? placement) => new(
        rank,
        placement?.Fallback?.OfferId ?? "",
        null,
        placement?.Fallback is { } fallback ? Find(fallback.Creatives, served.Creative) : null,
        null,
        null,
        Fallback: true);

    private static Creative? Find(System.Collections.Immutable.ImmutableArray<Creative> creatives, int number)
    {
        foreach (var creative in creatives)
        {
            if (creative.Number == number)
            {
                return creative;
            }
        }

        return null;
    }

    private static VariantAnswer[] Name(ExperimentExposure[] exposures, IdRegistry registry)
    {
        var names = new VariantAnswer[exposures.Length];
        for (var i = 0; i < names.Length; i++)
        {
            var (experiment, variant) = registry.VariantOf(exposures[i].Experiment, exposures[i].Variant);
            names[i] = new VariantAnswer(experiment, variant);
        }

        return names;
    }

    private static CandidateAnswer[] Explain(PlacementDecision decision, CatalogSnapshot catalog)
    {
        var trace = TraceCodec.Read(decision.Trace.Span);
        var candidates = new List<CandidateAnswer>(trace.Survivors.Count + trace.Removed.Count);
        foreach (var survivor in trace.Survivors)
        {
            candidates.Add(Name(survivor.Offer, RemovalReason.None, null, catalog) with
            {
                Rate = survivor.Rate,
                Spread = survivor.Spread,
                Score = survivor.Score,
                Price = survivor.Price,
                Probability = survivor.Probability,
            });
        }

        // What fell out for a later slot only is among the survivors, with its numbers for the first.
        foreach (var removal in trace.Removed.Where(removal => removal.Slot == 0))
        {
            candidates.Add(Name(removal.Offer, removal.Reason, Detail(removal, catalog), catalog));
        }

        return [.. candidates];
    }

    private static CandidateAnswer Name(int number, RemovalReason reason, string? detail, CatalogSnapshot catalog)
    {
        var id = catalog.Registry.IdOf(IdKind.Offer, number) ?? "";
        return new CandidateAnswer(id, catalog.Registry.OwnerOf(IdKind.Offer, id) ?? "", reason, detail, 0, 0, 0, 0, 0);
    }

    private static string? Detail(TracedRemoval removal, CatalogSnapshot catalog) => removal.Reason switch
    {
        RemovalReason.Eligibility or RemovalReason.RuleError when removal.Detail >= 1 && removal.Detail <= catalog.Rules.Length =>
            catalog.Rules[removal.Detail - 1].Source,
        RemovalReason.Consent => catalog.Registry.IdOf(IdKind.Purpose, removal.Detail),
        RemovalReason.Suppressed => catalog.Registry.IdOf(IdKind.Suppression, removal.Detail),
        RemovalReason.Experiment => catalog.Registry.IdOf(IdKind.Experiment, removal.Detail),
        RemovalReason.Cap or RemovalReason.ContactBudget => catalog.Registry.IdOf(IdKind.Cap, removal.Detail),
        _ => null,
    };
}
