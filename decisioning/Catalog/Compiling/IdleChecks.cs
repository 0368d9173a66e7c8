using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Catalog.Sources;
using PmOrleans.Decisioning.Rules;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>Warnings about what is written and changes nothing: rules that decide nothing, money that nothing costs, policies nobody uses.</summary>
internal sealed class IdleChecks(CompileContext context, CatalogSnapshot catalog)
{
    private DiagnosticBag Bag => context.Bag;

    public void Run(IEnumerable<CampaignDraft> campaigns, IReadOnlyList<OfferDraft> offers, Sections sections)
    {
        foreach (var (id, entry) in sections["segments"])
            CheckSegment(id, entry);
        foreach (var (id, entry) in sections["policies"])
            CheckPolicy(id, entry);
        foreach (var (id, entry) in sections["metrics"])
            CheckFilter(id, entry);
        foreach (var (id, entry) in sections["experiments"])
        {
            if (catalog.Experiments.First(candidate => candidate.Id == id).Audience is var audience and not RuleTable.None)
                CheckCondition(audience, (entry.Value as SourceMap)?.Find("audience")?.Value, $"experiments/{id}/audience", "Nobody gets into this experiment: its audience never holds.");
        }

        foreach (var campaign in campaigns)
        {
            CheckRule(campaign.Fields, campaign.Campaign.Rule);
            CheckBudget(campaign);
        }

        var groups = offers.Where(draft => draft.Offer.ExclusionGroup is not null).ToLookup(draft => draft.Offer.ExclusionGroup!, StringComparer.Ordinal);
        foreach (var draft in offers)
        {
            foreach (var rule in draft.Offer.Rules.Where(rule => rule != draft.Offer.Campaign.Rule))
                CheckRule(draft.Fields, rule);
            var weights = draft.Fields.List("contextWeights");
            for (var i = 0; i < draft.Offer.ContextWeights.Length; i++)
            {
                CheckCondition(
                    draft.Offer.ContextWeights[i].Rule, (weights[i] as SourceMap)?.Find("when")?.Value, $"{draft.Fields.PathOf("contextWeights")}/{i + 1}/when",
                    "This weight never applies: its condition never holds.");
            }

            if (draft.Offer.ExclusionGroup is { } group && groups[group].Count() == 1)
            {
                Bag.Warning(
                    CatalogCodes.LoneGroup, draft.Fields.Node("exclusionGroup")!, draft.Fields.PathOf("exclusionGroup"),
                    $"No other offer is in the group '{group}': it excludes nothing.", context.DidYouMean(group, groups.Select(other => other.Key).Where(other => other != group)));
            }
        }
    }

    private void CheckSegment(string id, SourceEntry entry)
    {
        var segment = catalog.Segments.First(candidate => candidate.Id == id);
        var at = (entry.Value as SourceMap)?.Find("rule")?.Value ?? entry.Value;
        if (RuleLogic.NeverHolds([segment.Rule], catalog) is { } why)
            Bag.Warning(CatalogCodes.EmptySegment, at, $"segments/{id}", "Nobody is ever in this segment: its rule never holds.", why);
        else if (IsAlways(segment.Rule))
            Bag.Warning(CatalogCodes.IdleRule, at, $"segments/{id}", "Everybody is in this segment: its rule always holds.");
    }

    private void CheckFilter(string id, SourceEntry entry)
    {
        var metric = catalog.Metrics.First(candidate => candidate.Name == id);
        if (metric.Filter is { } filter && RuleLogic.NeverHolds(filter, metric.Fields!.Schema) is { } why)
            Bag.Warning(CatalogCodes.NeverHolds, entry.Value, $"metrics/{id}", "No touchpoint counts in this metric: its condition never holds.", why);
    }

    private void CheckCondition(int rule, SourceNode? at, string path, string message)
    {
        if (at is not null && RuleLogic.NeverHolds([rule], catalog) is { } why)
            Bag.Warning(CatalogCodes.NeverHolds, at, path, message, why);
    }

    private void CheckPolicy(string id, SourceEntry entry)
    {
        // The default one is there for whoever names none.
        if (id != PolicyReader.DefaultId && !catalog.Placements.Any(placement => placement.Policy.Id == id)
            && !catalog.Experiments.Any(experiment => experiment.Variants.Any(variant => variant.Policy?.Id == id)))
        {
            Bag.Warning(
                CatalogCodes.UnusedPolicy, entry.Key, $"policies/{id}", "No placement and no experiment uses this policy.",
                context.DidYouMean(id, catalog.Placements.Select(placement => placement.Policy.Id)) ?? $"write policy: {id} in a placement");
        }
    }

    private void CheckRule(Fields fields, int rule)
    {
        if (rule != RuleTable.None && IsAlways(rule) && fields.Node("eligibility") is { } at)
            Bag.Warning(CatalogCodes.IdleRule, at, fields.PathOf("eligibility"), "This rule always holds: it keeps nobody out.", "leave it out");
    }

    private void CheckBudget(CampaignDraft draft)
    {
        if (draft.Campaign is not { Budget: { } budget, Offers.IsEmpty: false })
            return;
        if (draft.Campaign.Offers.All(offer => offer.CostMicros == 0))
        {
            Bag.Warning(
                CatalogCodes.IdleBudget, draft.Fields.Node("budget")!, draft.Fields.PathOf("budget"),
                "No offer of this campaign has a cost: nothing is ever spent.", "say with 'cost' what one settlement costs");
        }
        else if (budget is { Paced: true, DailyMicros: null } && draft.Campaign.EndMicros == long.MaxValue)
        {
            Bag.Warning(
                CatalogCodes.IdlePacing, draft.Fields.Node("budget")!, draft.Fields.PathOf("budget"),
                "Without an end and without a daily budget there is nothing to spread the spending over.", "give the campaign an end, or the budget a daily amount");
        }
    }

    private bool IsAlways(int rule) => catalog.Rules[rule].Constant is { } constant && constant.Equals(CelValue.True);
}
