using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Catalog.Sources;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>Warnings about a catalog that is correct but will not do what somebody surely meant.</summary>
internal sealed class BusinessChecks(CompileContext context, CatalogSnapshot catalog, IReadOnlyList<string> locales)
{
    private DiagnosticBag Bag => context.Bag;

    public void Run(IEnumerable<CampaignDraft> campaigns, IEnumerable<OfferDraft> offers, IEnumerable<PlacementDraft> placements)
    {
        if (catalog is { Placements.IsEmpty: true, Campaigns.IsEmpty: true, Segments.IsEmpty: true, Metrics.IsEmpty: true, Attributes.IsEmpty: true })
        {
            Bag.Report(new CatalogDiagnostic(
                CatalogSeverity.Warning, CatalogCodes.EmptyCatalog, "", 0, 0, "", "The catalog has nothing in it: there is nothing that could be shown.", "is it the right folder?"));
        }

        foreach (var campaign in campaigns)
            Check(campaign);
        foreach (var offer in offers)
            Check(offer);
        foreach (var placement in placements)
        {
            CheckFallback(placement);
            if (catalog.PlacementById[placement.Id] is { Offers.IsEmpty: true, Fallback: null })
            {
                Bag.Warning(
                    CatalogCodes.EmptyPlacement, placement.Key, $"placements/{placement.Id}",
                    "The placement has no offers and no fallback: its answer is always empty.");
            }
        }
    }

    private void CheckFallback(PlacementDraft draft)
    {
        // One that is an offer of a campaign is told of there.
        if (draft.Fallback is not { } fallback || catalog.OfferById.ContainsKey(fallback.OfferId))
            return;
        foreach (var locale in locales)
        {
            if (!fallback.Creatives.Any(creative => Locales.Serves(creative.Locale, locale)))
            {
                Bag.Warning(
                    CatalogCodes.MissingLocale, draft.Key, $"placements/{draft.Id}/fallback", $"The fallback has no creative for {locale}.",
                    "add one, or one without a locale");
            }
        }
    }

    private void Check(CampaignDraft draft)
    {
        var (campaign, fields) = (draft.Campaign, draft.Fields);
        if (campaign.Offers.IsEmpty)
            Bag.Warning(CatalogCodes.EmptyCampaign, draft.Key, fields.Path, "The campaign has no offers.");
        else if (campaign.EndMicros <= context.NowMicros)
        {
            Bag.Warning(
                CatalogCodes.UnreachableOffer, fields.Node("end")!, fields.PathOf("end"),
                $"The campaign is over: nobody can get its {campaign.Offers.Length} offers.", "set a later end, or take the campaign out");
        }

        if (campaign.Budget is not { } budget)
            return;

        var at = (SourceMap)fields.Node("budget")!;
        foreach (var (key, micros) in new[] { ("total", budget.TotalMicros), ("daily", budget.DailyMicros) })
        {
            if (micros == 0)
            {
                Bag.Warning(
                    CatalogCodes.EmptyBudget, at.Find(key)!.Value, $"{fields.Path}/budget/{key}",
                    "The budget is 0: only offers without a cost can be shown.");
            }
        }

        if (budget is { DailyMicros: > 0, TotalMicros: > 0 } && budget.DailyMicros >= budget.TotalMicros)
        {
            Bag.Warning(
                CatalogCodes.IdleBudget, at.Find("daily")!.Value, $"{fields.Path}/budget/daily",
                "The daily budget is not below the total: it never holds anything back.");
        }
    }

    private void Check(OfferDraft draft)
    {
        var (offer, fields) = (draft.Offer, draft.Fields);
        if (offer.PlacementIds.IsEmpty)
        {
            Bag.Warning(
                CatalogCodes.UnreachableOffer, fields.Node("placements") ?? draft.Key, fields.Path,
                "Nobody can get this offer: it is in no placement.", "add placements: [ … ]");
        }

        if (!offer.InStock)
        {
            Bag.Warning(
                CatalogCodes.UnreachableOffer, fields.Node("inStock")!, fields.PathOf("inStock"),
                "Nobody can get this offer: it is not in stock.");
        }

        if (RuleLogic.NeverHolds(offer.Rules, catalog) is { } why)
        {
            Bag.Warning(
                CatalogCodes.UnreachableOffer, fields.Node("eligibility") ?? draft.Key, fields.PathOf("eligibility"),
                "Nobody can get this offer: its rules never hold together.", why);
        }

        if (offer is { Value: 0, CostMicros: > 0 })
        {
            Bag.Warning(
                CatalogCodes.WorthlessOffer, fields.Node("cost")!, fields.Path,
                "The offer costs something and is worth nothing: its score is always below 0.", "say with 'value' what its goal is worth");
        }

        foreach (var locale in locales)
        {
            if (!offer.Creatives.Any(creative => Locales.Serves(creative.Locale, locale)))
            {
                Bag.Warning(
                    CatalogCodes.MissingLocale, fields.Node("creatives") ?? draft.Key, fields.PathOf("creatives"),
                    $"There is no creative for {locale}.",
                    $"add one, or one without a locale; there is {string.Join(", ", offer.Creatives.Select(creative => creative.Locale).Distinct(StringComparer.Ordinal))}");
            }
        }

        CheckBudget(offer, fields);
    }

    private void CheckBudget(Offer offer, Fields fields)
    {
        if (offer.CostMicros == 0 || offer.Campaign.Budget is not { } budget)
            return;
        foreach (var (name, micros) in new[] { ("total", budget.TotalMicros), ("daily", budget.DailyMicros) })
        {
            // a budget of 0 has its own warning, said once
            if (micros > 0 && micros < offer.CostMicros)
            {
                Bag.Warning(
                    CatalogCodes.SmallBudget, fields.Node("cost")!, fields.PathOf("cost"),
                    $"One settlement costs more than the campaign's {name} budget of {micros.Value / 1e6}: the offer is never shown.");
            }
        }
    }
}
