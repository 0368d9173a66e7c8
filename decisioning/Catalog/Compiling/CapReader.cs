using System.Collections.Immutable;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Catalog.Sources;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>Reads lists of caps, of the catalog, a campaign or an offer, and gives each cap its identity.</summary>
/// <remarks>
/// Without an id of its own a cap is known by owner, event, scope and window, so a changed limit goes on counting where it was and a
/// changed window begins anew.
/// </remarks>
internal sealed class CapReader(CompileContext context)
{
    public const int HighestLimit = 1_000;

    private static readonly string[] Known = ["id", "event", "limit", "within", "per", "channel", "category"];

    private static readonly (string, CappedEvent)[] Events =
    [
        ("decision", CappedEvent.Decision), ("impression", CappedEvent.Impression), ("click", CappedEvent.Click), ("conversion", CappedEvent.Conversion),
    ];

    private static readonly (string, CapPer)[] CatalogScopes =
    [
        ("offer", CapPer.Offer), ("campaign", CapPer.Campaign), ("category", CapPer.Category), ("channel", CapPer.Channel), ("all", CapPer.All),
    ];

    private static readonly (string, CapPer)[] CampaignScopes = [("campaign", CapPer.Campaign), ("offer", CapPer.Offer)];
    private static readonly (string, CapPer)[] OfferScopes = [("offer", CapPer.Offer)];

    private readonly Dictionary<string, SourceNode> _places = new(StringComparer.Ordinal);
    private readonly List<CapDraft> _all = [];

    public IReadOnlyList<CapDraft> All => _all;

    public ImmutableArray<CapDraft> OfCatalog(IReadOnlyList<SourceNode> nodes) => Read(nodes, "caps", new Owner("catalog", null, 0, null, 0), CatalogScopes);

    public ImmutableArray<CapDraft> OfCampaign(Fields fields, string id, int number) =>
        Read(fields.List("caps"), fields.PathOf("caps"), new Owner($"campaigns/{id}", id, number, null, 0), CampaignScopes);

    public ImmutableArray<CapDraft> OfOffer(Fields fields, Campaign campaign, string id, int number) => Read(
        fields.List("caps"), fields.PathOf("caps"), new Owner($"campaigns/{campaign.Id}/offers/{id}", campaign.Id, campaign.Number, id, number), OfferScopes);

    private ImmutableArray<CapDraft> Read(IReadOnlyList<SourceNode> nodes, string path, Owner owner, (string, CapPer)[] scopes)
    {
        if (nodes.Count == 0)
            return [];
        var caps = ImmutableArray.CreateBuilder<CapDraft>(nodes.Count);
        for (var i = 0; i < nodes.Count; i++)
        {
            if (Fields.Of(context, nodes[i], $"{path}/{i + 1}", Known) is { } fields && Read(fields, owner, scopes) is { } cap)
            {
                caps.Add(cap);
                _all.Add(cap);
            }
        }

        return caps.DrainToImmutable();
    }

    private CapDraft? Read(Fields fields, Owner owner, (string Name, CapPer Value)[] scopes)
    {
        var complete = fields.Require("event", "decision, impression, click or conversion");
        complete &= fields.Require("limit", "e.g. limit: 3");
        complete &= fields.Require("within", "e.g. within: 1d");
        // in an offer or campaign the owner is what one means; for the whole catalog one has to say
        if (owner.Campaign is null)
            complete &= fields.Require("per", "offer, campaign, category, channel or all");
        var counted = fields.Choice("event", CappedEvent.Impression, Events);
        var per = fields.Choice("per", scopes[0].Value, scopes);
        var limit = fields.Whole("limit", 0, HighestLimit, CatalogCodes.BadCap);
        var window = fields.Duration("within", TimeSpan.FromSeconds(1), Durations.Longest);
        var only = Only(fields, per);
        var explicitId = fields.Id("id");
        if (!complete || limit is null || window is null)
            return null;

        var scope = scopes.First(entry => entry.Value == per).Name + (only is null ? "" : ":" + only);
        var identity = $"{owner.Place}/{NameOf(counted)}/{scope}/{Durations.Text(window.Value)}";
        var id = explicitId ?? identity;
        if (!_places.TryAdd(id, fields.Source))
        {
            var (line, column) = _places[id].File.Locate(_places[id].Offset);
            context.Bag.Error(
                CatalogCodes.DuplicateId, fields.Source, fields.Path, explicitId is null ? "Two caps of the same event, scope and window." : $"Two caps have the id '{id}'.",
                $"the other one: {_places[id].File.Path}:{line}:{column}");
            return null;
        }

        var number = context.Number(IdKind.Cap, id, $"{owner.Place}/{NameOf(counted)}/{scope}", fields.Source, fields.Path);
        var cap = new Cap(id, number, counted, per, limit.Value, window.Value)
        {
            OfCampaign = owner.CampaignNumber,
            OfOffer = owner.OfferNumber,
            Only = only is null ? 0 : context.Number(per == CapPer.Channel ? IdKind.Channel : IdKind.Category, only, null, fields.Source, fields.Path),
        };
        return new CapDraft(cap, only, owner.Campaign, owner.Offer, fields.Source, fields.Path);
    }

    private string? Only(Fields fields, CapPer per)
    {
        string? only = null;
        foreach (var (key, value) in new[] { ("channel", CapPer.Channel), ("category", CapPer.Category) })
        {
            if (fields.Node(key) is not { } node)
                continue;
            if (per == value)
                only = fields.Id(key);
            else
                context.Bag.Error(CatalogCodes.BadCap, node, fields.PathOf(key), $"'{key}' needs per: {key}.");
        }

        return only;
    }

    private static string NameOf(CappedEvent counted) => Events.First(entry => entry.Item2 == counted).Item1;

    /// <summary>Where a list of caps stands.</summary>
    /// <param name="Place">As caps without an id of their own are known by.</param>
    private readonly record struct Owner(string Place, string? Campaign, int CampaignNumber, string? Offer, int OfferNumber);
}
