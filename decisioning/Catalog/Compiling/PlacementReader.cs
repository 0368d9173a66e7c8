using System.Collections.Immutable;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Catalog.Sources;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>Reads placements, after the offers: a fallback may be one of them.</summary>
internal sealed class PlacementReader(
    CompileContext context, Declarations declarations, ImmutableArray<Policy> policies, CreativeReader creatives, QuietHoursReader quietHours,
    IReadOnlyDictionary<string, QuietHours> channelToQuietHours)
{
    public const int MostSlots = 50;

    private static readonly string[] Known = ["name", "channel", "slots", "policy", "holdout", "onOutage", "quietHours", "consent", "fallback"];

    public PlacementDraft? Read(string id, SourceEntry entry, IReadOnlyDictionary<string, Offer> offers)
    {
        var path = $"placements/{id}";
        if (Fields.Of(context, entry.Value, path, Known) is not { } fields)
            return null;
        // For people, who read it in the files.
        fields.Text("name");
        fields.Require("channel", "e.g. channel: web");
        var fallback = fields.Map("fallback", ["offer", "content", "creatives"]) is { } written ? ReadFallback(written, offers) : null;
        var onOutage = fields.Choice("onOutage", false, ("refuse", false), ("fallback", true));
        if (onOutage && fields.Node("fallback") is null)
        {
            context.Bag.Error(
                CatalogCodes.Missing, fields.Node("onOutage")!, fields.PathOf("onOutage"), "'onOutage: fallback' needs a fallback.");
        }

        var channel = fields.Id("channel") ?? "";
        return new PlacementDraft(
            id, context.Number(IdKind.Placement, id, null, entry.Key, path), entry.Key, channel,
            fields.Whole("slots", 1, MostSlots) ?? 1, PolicyOf(fields), fields.Number("holdout", 0, 1) ?? 0, fallback,
            fields.Map("quietHours", QuietHoursReader.Known) is { } quiet ? quietHours.Read(quiet) : channelToQuietHours.GetValueOrDefault(channel),
            ConsentReader.Named(fields, declarations.Consents, context), onOutage);
    }

    private Policy PolicyOf(Fields fields)
    {
        var id = fields.Id("policy") ?? PolicyReader.DefaultId;
        var policy = policies.FirstOrDefault(candidate => candidate.Id == id);
        if (policy is not null)
            return policy;
        context.Bag.Error(
            CatalogCodes.UnknownReference, fields.Node("policy")!, fields.PathOf("policy"), $"There is no policy '{id}'.",
            context.DidYouMeanOrList(id, [.. policies.Select(candidate => candidate.Id)], "policy"));
        return policies[0];
    }

    private Fallback? ReadFallback(Fields fields, IReadOnlyDictionary<string, Offer> offers)
    {
        if (!fields.Require("offer", "the id under which the fallback is answered") || fields.Id("offer") is not { } id)
            return null;
        var known = offers.GetValueOrDefault(id);
        if (fields.Node("content") is null && fields.Node("creatives") is null && known is not null)
            return new Fallback(id, known.Creatives);
        if (known is not null)
        {
            context.Bag.Error(
                CatalogCodes.BadContent, fields.Source, fields.Path, $"'{id}' is an offer of campaign '{known.Campaign.Id}' and has creatives already.",
                "leave the content out, or take another id for the fallback");
            return null;
        }

        // The empty owner is no campaign's id: a fallback's id cannot become an offer of a campaign later, nor the other way round.
        context.Number(IdKind.Offer, id, "", fields.Source, fields.PathOf("offer"));
        return new Fallback(id, creatives.Read(fields, id, repeats: true));
    }
}
