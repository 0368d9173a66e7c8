using System.Collections.Immutable;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Catalog.Sources;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>Reads the offers of campaigns.</summary>
internal sealed class OfferReader(
    CompileContext context, Declarations declarations, RuleTable rules, CapReader caps, CapScopes scopes, CreativeReader creatives,
    IReadOnlyCollection<string> placementIds)
{
    private static readonly string[] Known =
    [
        "name", "category", "placements", "value", "cost", "lever", "inStock", "exclusionGroup", "eligibility", "caps", "consent",
        "contextWeights", "creatives", "content",
    ];

    private static readonly string[] KnownWeight = ["when", "weight"];

    private readonly HashSet<string> _placements = new(placementIds, StringComparer.Ordinal);
    private readonly Dictionary<string, SourceScalar> _places = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _groupToOrdinal = new(StringComparer.Ordinal);
    private readonly List<OfferDraft> _read = [];

    /// <summary>In catalog order; an offer's ordinal is its place here.</summary>
    public IReadOnlyList<OfferDraft> Read => _read;

    public void Add(CampaignDraft campaign)
    {
        var node = campaign.Fields.Node("offers");
        if (node is not null and not SourceMap)
        {
            context.Bag.Error(
                CatalogCodes.WrongType, node, campaign.Fields.PathOf("offers"),
                $"Here stands {node.Kind}; a mapping of offers by id is expected.");
        }

        var first = _read.Count;
        foreach (var entry in (node as SourceMap)?.Entries ?? [])
            Add(campaign, entry, campaign.Fields.PathOf("offers"));
        campaign.Campaign.Offers = [.. _read.Skip(first).Select(draft => draft.Offer)];
    }

    private void Add(CampaignDraft campaign, SourceEntry entry, string parent)
    {
        var id = entry.Key.Text.Trim();
        var path = $"{parent}/{id}";
        if (Ids.Problem(id) is { } problem)
        {
            context.Bag.Error(CatalogCodes.BadId, entry.Key, parent, problem);
        }
        else if (!_places.TryAdd(id, entry.Key))
        {
            var first = _places[id];
            var (line, column) = first.File.Locate(first.Offset);
            context.Bag.Error(
                CatalogCodes.DuplicateId, entry.Key, path, $"Two offers have the id '{id}'.",
                $"the other one: {first.File.Path}:{line}:{column}");
        }
        else if (Fields.Of(context, entry.Value, path, Known) is { } fields)
        {
            _read.Add(new OfferDraft(fields, entry.Key, Offer(campaign, id, entry.Key, fields)));
        }
    }

    private Offer Offer(CampaignDraft campaign, string id, SourceScalar at, Fields fields)
    {
        var number = context.Number(IdKind.Offer, id, campaign.Campaign.Id, at, fields.Path);
        var category = fields.Id("category");
        var categoryNumber = category is null ? 0 : context.Number(IdKind.Category, category, null, fields.Source, fields.PathOf("category"));
        var group = fields.Id("exclusionGroup");
        var rule = rules.Add(fields.Node("eligibility"), fields.PathOf("eligibility"));
        return new Offer
        {
            Id = id,
            Number = number,
            Ordinal = _read.Count,
            Campaign = campaign.Campaign,
            Name = fields.Text("name"),
            Category = category,
            CategoryNumber = categoryNumber,
            Value = (fields.Micros("value") ?? 0) / 1e6,
            CostMicros = fields.Micros("cost") ?? 0,
            LeverPercent = Lever(campaign, fields),
            Rules = [.. new[] { campaign.Campaign.Rule, rule }.Where(index => index != RuleTable.None).Distinct()],
            CapScopes = scopes.OfOffer(caps.OfOffer(fields, campaign.Campaign, id, number), campaign.Caps, number, campaign.Campaign.Number, category, categoryNumber),
            ContextWeights = Weights(fields),
            Consents = [.. campaign.Consents.Concat(ConsentReader.Named(fields, declarations.Consents, context)).DistinctBy(consent => consent.Purpose, StringComparer.Ordinal)],
            ExclusionGroup = group,
            ExclusionGroupOrdinal = group is null ? -1 : GroupOrdinal(group),
            InStock = fields.Flag("inStock", true),
            Creatives = creatives.Read(fields, id, repeats: false),
            PlacementIds = References.Of(context, fields, "placements", _placements, "placement"),
        };
    }

    private ImmutableArray<ContextWeight> Weights(Fields fields)
    {
        var nodes = fields.List("contextWeights");
        if (nodes.Count == 0)
            return [];
        var weights = ImmutableArray.CreateBuilder<ContextWeight>(nodes.Count);
        for (var i = 0; i < nodes.Count; i++)
        {
            if (Fields.Of(context, nodes[i], $"{fields.PathOf("contextWeights")}/{i + 1}", KnownWeight) is not { } weight
                || !(weight.Require("when", "e.g. when: context.device == 'mobile'") & weight.Require("weight", "percent, e.g. weight: 20")))
                continue;
            var rule = rules.Add(weight.Node("when"), weight.PathOf("when"));
            if (weight.Number("weight", CampaignReader.LowestLever, CampaignReader.HighestLever) is { } percent && rule != RuleTable.None)
                weights.Add(new ContextWeight(rule, percent));
        }

        return weights.ToImmutable();
    }

    // Two levers that hold back could add up to less than nothing and turn the worst offer into the best.
    private static double Lever(CampaignDraft campaign, Fields fields) =>
        Math.Max(
            CampaignReader.LowestLever,
            campaign.Campaign.LeverPercent + (fields.Number("lever", CampaignReader.LowestLever, CampaignReader.HighestLever) ?? 0));

    private int GroupOrdinal(string group)
    {
        if (!_groupToOrdinal.TryGetValue(group, out var ordinal))
            _groupToOrdinal.Add(group, ordinal = _groupToOrdinal.Count);
        return ordinal;
    }
}
