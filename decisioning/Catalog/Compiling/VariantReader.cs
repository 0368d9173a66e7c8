using System.Collections.Frozen;
using System.Collections.Immutable;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Catalog.Sources;
using PmOrleans.Decisioning.Experiments;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>Reads <c>bold: { weight: 0.5, policy: careful, levers: { tea-10: 20 }, without: [tea-5], creatives: { tea-10: [tea-10-b] } }</c>.</summary>
internal sealed class VariantReader(
    CompileContext context, ImmutableArray<Policy> policies, IReadOnlyDictionary<string, Offer> offers, IReadOnlyDictionary<string, Campaign> campaigns)
{
    private static readonly string[] Known = ["weight", "policy", "levers", "only", "without", "creatives"];

    public ImmutableArray<Variant> Read(string experiment, SourceMap map, string path)
    {
        var variants = ImmutableArray.CreateBuilder<Variant>();
        foreach (var entry in map.Entries)
        {
            var id = entry.Key.Text.Trim();
            if (Ids.Problem(id) is { } problem)
                context.Bag.Error(CatalogCodes.BadId, entry.Key, path, problem);
            else if (Fields.Of(context, entry.Value, $"{path}/{id}", Known) is { } fields && Read(experiment, id, entry.Key, fields) is { } variant)
                variants.Add(variant);
        }

        return variants.ToImmutable();
    }

    private Variant? Read(string experiment, string id, SourceScalar key, Fields fields)
    {
        if (!fields.Require("weight", "its share of the experiment's customers, e.g. weight: 0.5"))
            return null;
        var number = context.Number(IdKind.Variant, $"{experiment}/{id}", experiment, key, fields.Path);
        return fields.Number("weight", 0, 1) is { } weight
            ? new Variant
            {
                Id = id,
                Number = number,
                Weight = weight,
                Policy = PolicyOf(fields),
                OfferToLever = Levers(fields),
                Only = Offers(fields, "only"),
                Without = Offers(fields, "without"),
                OfferToCreatives = Creatives(fields),
            }
            : null;
    }

    private Policy? PolicyOf(Fields fields)
    {
        if (fields.Id("policy") is not { } id)
            return null;
        var policy = policies.FirstOrDefault(candidate => candidate.Id == id);
        if (policy is null)
        {
            context.Bag.Error(
                CatalogCodes.UnknownReference, fields.Node("policy")!, fields.PathOf("policy"), $"There is no policy '{id}'.",
                context.DidYouMeanOrList(id, [.. policies.Select(candidate => candidate.Id)], "policy"));
        }

        return policy;
    }

    private FrozenSet<int> Offers(Fields fields, string list)
    {
        if (fields.Node(list) is SourceList { Items.Count: 0 } empty)
            context.Bag.Warning(CatalogCodes.EmptyValue, empty, fields.PathOf(list), $"'{list}' names no offer and counts as not written.", "name some, or leave it out");
        return fields.Names(list).Select(name => Find(name.Id, name.At, fields.PathOf(list))?.Number ?? 0).Where(number => number > 0).ToFrozenSet();
    }

    /// <summary>By id of an offer, or of a campaign for all of its offers; what is said of the offer holds.</summary>
    private FrozenDictionary<int, double> Levers(Fields fields)
    {
        Dictionary<int, double> levers = [];
        var map = MapOf(fields, "levers");
        if (map is null)
            return levers.ToFrozenDictionary();
        var written = Fields.Of(context, map, fields.PathOf("levers"), [.. map.Entries.Select(entry => entry.Key.Text)])!;
        foreach (var ofCampaigns in new[] { true, false })
        {
            foreach (var entry in map.Entries)
            {
                var id = entry.Key.Text.Trim();
                var isCampaign = !offers.ContainsKey(id) && campaigns.ContainsKey(id);
                if (isCampaign != ofCampaigns || written.Number(entry.Key.Text, CampaignReader.LowestLever, CampaignReader.HighestLever) is not { } percent)
                    continue;
                if (isCampaign)
                {
                    foreach (var offer in campaigns[id].Offers)
                        levers[offer.Number] = percent;
                }
                else if (Find(id, entry.Key, written.PathOf(id)) is { } offer)
                    levers[offer.Number] = percent;
            }
        }

        return levers.ToFrozenDictionary();
    }

    private FrozenDictionary<int, ImmutableArray<Creative>> Creatives(Fields fields)
    {
        Dictionary<int, ImmutableArray<Creative>> creatives = [];
        var map = MapOf(fields, "creatives");
        if (map is null)
            return creatives.ToFrozenDictionary();
        var written = Fields.Of(context, map, fields.PathOf("creatives"), [.. map.Entries.Select(entry => entry.Key.Text)])!;
        foreach (var entry in map.Entries)
        {
            if (Find(entry.Key.Text.Trim(), entry.Key, written.Path) is not { } offer)
                continue;
            var shown = ImmutableArray.CreateBuilder<Creative>();
            foreach (var (id, at) in written.Names(entry.Key.Text))
            {
                if (offer.Creatives.FirstOrDefault(candidate => candidate.Id == id) is { } creative)
                    shown.Add(creative);
                else
                {
                    context.Bag.Error(
                        CatalogCodes.UnknownReference, at, written.PathOf(offer.Id), $"Offer '{offer.Id}' has no creative '{id}'.",
                        context.DidYouMeanOrList(id, [.. offer.Creatives.Select(candidate => candidate.Id)], "creative"));
                }
            }

            if (shown.Count > 0)
                creatives[offer.Number] = shown.ToImmutable();
        }

        return creatives.ToFrozenDictionary();
    }

    private SourceMap? MapOf(Fields fields, string key)
    {
        if (fields.Node(key) is null or SourceMap)
            return fields.Node(key) as SourceMap;
        var node = fields.Node(key)!;
        context.Bag.Error(CatalogCodes.WrongType, node, fields.PathOf(key), $"Here stands {node.Kind}; a mapping by offer is expected.");
        return null;
    }

    private Offer? Find(string id, SourceScalar at, string path)
    {
        if (offers.TryGetValue(id, out var offer))
            return offer;
        context.Bag.Error(CatalogCodes.UnknownReference, at, path, $"There is no offer '{id}'.", context.DidYouMeanOrList(id, [.. offers.Keys], "offer"));
        return null;
    }
}
