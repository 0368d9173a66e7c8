using System.Collections.Frozen;
using System.Collections.Immutable;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Catalog.Shapes;
using PmOrleans.Decisioning.Catalog.Sources;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>Checks what was written and makes a snapshot of it. Everything wrong is collected; nothing is thrown for bad input.</summary>
public static class SnapshotCompiler
{
    /// <param name="documents">Roots of all files, in the order of the files. Their depth is bounded by whoever read them.</param>
    /// <param name="hash">SHA-256 of the canonical bundle, lower-case hex.</param>
    /// <param name="registry">Numbers given by earlier versions; the snapshot holds the registry as it has grown.</param>
    /// <param name="version">Number of the version to be, from 1.</param>
    /// <param name="now">For warnings about flights that are over.</param>
    /// <param name="bag">Receives errors and warnings. Warnings about the business are looked for only when there is no error.</param>
    /// <param name="live">The version whose place it would take, for warnings about what it would go on with; <c>null</c>: none, or it does not matter.</param>
    /// <param name="shape">Told what the readers ask for, for the schema.</param>
    /// <returns><c>null</c> when there is an error in the bag.</returns>
    public static CatalogSnapshot? Compile(
        IEnumerable<SourceNode> documents, string hash, IdRegistry registry, int version, DateTimeOffset now, DiagnosticBag bag, CatalogSnapshot? live = null, CatalogShape? shape = null)
    {
        ArgumentNullException.ThrowIfNull(documents);
        ArgumentNullException.ThrowIfNull(registry);
        ArgumentNullException.ThrowIfNull(bag);
        var context = new CompileContext(bag, registry, now, shape);
        var sections = Sections.Of(context, documents);
        var settings = Settings.Of(context, sections["catalog"]);
        var declarations = Declarations.Of(context, sections);
        var rfm = RfmReader.Read(context, sections, out var rfmSegments);
        var schema = declarations.ToSchema(rfm is not null);
        HashSet<string> segmentIds = new([.. sections["segments"].Select(entry => entry.Id), .. rfmSegments.Select(segment => segment.Id)], StringComparer.Ordinal);
        var touchpoints = new KnownTouchpoints(sections);
        var rules = new RuleTable(context, schema, new RuleReferences(context, segmentIds, declarations, touchpoints));
        rules.Prepare([.. sections["segments"].Select(entry => entry.Entry.Value), .. sections["campaigns"].Select(entry => entry.Entry.Value)]);
        var segments = new SegmentReader(context, rules).Read(sections["segments"], rfmSegments);
        var policies = new PolicyReader(context, segments, segmentIds).Read(sections["policies"]);

        var caps = new CapReader(context);
        var contactBudgetReader = new ContactBudgetReader(context);
        var contactBudgets = contactBudgetReader.Read(sections.List("contactBudget"));
        var suppression = new SuppressionReader(context).Read(sections.List("suppression"));
        var scopes = new CapScopes([.. caps.OfCatalog(sections.List("caps")), .. contactBudgets]);
        var creatives = new CreativeReader(context);
        var campaignReader = new CampaignReader(context, settings, declarations, rules, caps);
        var offers = new OfferReader(context, declarations, rules, caps, scopes, creatives, [.. sections["placements"].Select(entry => entry.Id)]);
        List<CampaignDraft> campaigns = [];
        foreach (var (id, entry) in sections["campaigns"])
        {
            if (campaignReader.Read(id, entry, campaigns.Count) is not { } campaign)
                continue;
            campaigns.Add(campaign);
            offers.Add(campaign);
        }

        var offerById = offers.Read.ToDictionary(draft => draft.Offer.Id, draft => draft.Offer, StringComparer.Ordinal);
        var customerZones = settings.CustomerZones(context, declarations.Attributes);
        var quietHours = new QuietHoursReader(context, customerZones is null ? settings.Zone : null);
        var placementReader = new PlacementReader(context, declarations, policies, creatives, quietHours, quietHours.ByChannel(sections["quietHours"]));
        List<PlacementDraft> placements =
            [.. sections["placements"].Select(entry => placementReader.Read(entry.Id, entry.Entry, offerById)).OfType<PlacementDraft>()];
        var variants = new VariantReader(context, policies, offerById, campaigns.ToDictionary(draft => draft.Campaign.Id, draft => draft.Campaign, StringComparer.Ordinal));
        var experiments = new ExperimentReader(context, settings, rules, variants, [.. sections["placements"].Select(entry => entry.Id)]).Read(sections["experiments"]);
        var channelNumbers = ChannelNumbers(context, placements, caps);
        foreach (var (channel, number, _) in contactBudgetReader.Channels)
            channelNumbers.TryAdd(channel, number);
        var scopesByChannel = scopes.ByChannel(channelNumbers);
        if (bag.ErrorCount > 0)
            return null;

        var compiled = rules.ToImmutable();
        var offersByPlacement = offers.Read
            .SelectMany(draft => draft.Offer.PlacementIds, (draft, placement) => (placement, draft.Offer))
            .ToLookup(pair => pair.placement, pair => pair.Offer, StringComparer.Ordinal);
        ImmutableArray<Placement> placed =
            [.. placements.Select((draft, i) => draft.ToPlacement(i, channelNumbers[draft.Channel], [.. offersByPlacement[draft.Id]], compiled, experiments))];
        var (definitions, counters) = DefinitionsHasher.Hash(declarations.Metrics, [.. caps.All, .. contactBudgets], suppression, settings.Conversions);
        var snapshot = new CatalogSnapshot
        {
            Version = version,
            Hash = hash,
            DefinitionsHash = definitions,
            CountersHash = counters,
            Currency = settings.Currency,
            Zone = settings.Zone,
            DefaultLocale = settings.Locale,
            CapHold = settings.CapHold,
            ConversionTypes = settings.Conversions,
            Schema = schema,
            Rules = compiled,
            Attributes = declarations.Attributes,
            Metrics = declarations.Metrics,
            Consents = [.. declarations.Consents.Values],
            Suppression = [.. suppression.OrderBy(rule => rule.Number)],
            CustomerZones = customerZones,
            Experiments = experiments,
            Segments = segments,
            Rfm = rfm,
            Policies = policies,
            Placements = placed,
            Campaigns = [.. campaigns.Select(draft => draft.Campaign)],
            Offers = [.. offers.Read.Select(draft => draft.Offer)],
            EveryCap = [.. caps.All.Concat(contactBudgets).Select(draft => draft.Cap)],
            CapScopes = scopes.ToImmutable(),
            AttributeByName = declarations.Attributes.ToFrozenDictionary(attribute => attribute.Name, StringComparer.Ordinal),
            PlacementById = placed.ToFrozenDictionary(placement => placement.Id, StringComparer.Ordinal),
            CampaignById = campaigns.ToFrozenDictionary(draft => draft.Campaign.Id, draft => draft.Campaign, StringComparer.Ordinal),
            OfferById = offerById.ToFrozenDictionary(StringComparer.Ordinal),
            OfferByNumber = offers.Read.ToFrozenDictionary(draft => draft.Offer.Number, draft => draft.Offer),
            CampaignByNumber = campaigns.ToFrozenDictionary(draft => draft.Campaign.Number, draft => draft.Campaign),
            PolicyByNumber = policies.ToFrozenDictionary(policy => policy.Number),
            PlacementByNumber = placed.ToFrozenDictionary(placement => placement.Number),
            CapScopeByCounter = scopes.ToImmutable().ToFrozenDictionary(scope => scope.CounterId),
            CapScopesByChannel = scopesByChannel,
            ChannelNumbers = channelNumbers.ToFrozenDictionary(StringComparer.Ordinal),
            Registry = context.Registry,
        };
        new BusinessChecks(context, snapshot, settings.Locales).Run(campaigns, offers.Read, placements);
        new IdleChecks(context, snapshot).Run(campaigns, offers.Read, sections);
        new CapChecks(context, snapshot).Run(caps.All);
        new NameChecks(context, snapshot, touchpoints).Run(sections, contactBudgetReader);
        new ExperimentChecks(context, snapshot).Run(sections["experiments"]);
        if (live is not null)
            new ChangeChecks(context, snapshot, live).Run(sections);
        return snapshot;
    }

    private static Dictionary<string, int> ChannelNumbers(CompileContext context, List<PlacementDraft> placements, CapReader caps)
    {
        Dictionary<string, int> numbers = new(StringComparer.Ordinal);
        foreach (var placement in placements)
            numbers[placement.Channel] = context.Number(IdKind.Channel, placement.Channel, null, placement.Key, $"placements/{placement.Id}/channel");
        foreach (var draft in caps.All.Where(draft => draft.Cap.Per == CapPer.Channel && draft.Only is not null))
            numbers[draft.Only!] = context.Number(IdKind.Channel, draft.Only!, null, draft.At, draft.Path);
        return numbers;
    }
}
