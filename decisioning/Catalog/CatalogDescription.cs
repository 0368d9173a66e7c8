using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using PmOrleans.Decisioning.Catalog.Compiling;
using PmOrleans.Decisioning.Policies;
using PmOrleans.Decisioning.Segments.Rfm;

namespace PmOrleans.Decisioning.Catalog;

/// <summary>A snapshot as comparable texts: every thing with every field, the fields of a kind always in one order.</summary>
internal static class CatalogDescription
{
    public static Dictionary<(string Thing, string Id), DescribedField[]> Of(CatalogSnapshot catalog)
    {
        Dictionary<(string Thing, string Id), DescribedField[]> things = new()
        {
            [("catalog", "")] =
            [
                ("currency", catalog.Currency), ("zone", catalog.Zone.Id), ("locale", catalog.DefaultLocale), ("capHold", Durations.Text(catalog.CapHold)),
                ("conversions", List(catalog.ConversionTypes.Order(StringComparer.Ordinal))), ("zoneAttribute", catalog.CustomerZones?.Attribute),
                ("holdout", catalog.Experiments.FirstOrDefault(experiment => experiment.IsGlobalHoldout) is { } holdout ? Number(holdout.Share) : null),
            ],
        };
        foreach (var attribute in catalog.Attributes)
            things[("attribute", attribute.Name)] = [("type", attribute.Type.ToString()), ("default", attribute.Default?.ToString()), ("values", List(attribute.AllowedValues))];
        foreach (var (name, type) in catalog.Schema.Find("context")?.Fields?.Where(field => !Declarations.IsBuiltInContext(field.Key)) ?? [])
            things[("context", name)] = [("type", type.ToString())];
        foreach (var metric in catalog.Metrics)
            things[("metric", metric.Name)] = [("metric", metric.ToString())];
        foreach (var segment in catalog.Segments.Where(segment => !segment.IsOfRfm))
            things[("segment", segment.Id)] = [("name", segment.Name), Rule("rule", segment.Rule, catalog), ("sums", List(segment.Sums.Select(sum => sum.Text)))];
        if (catalog.Rfm is { } rfm)
            things[("rfm", "")] = [("on", rfm.Type), ("groups", Comes(RfmGroups.Groups, catalog)), ("cells", Comes(RfmGroups.Cells, catalog))];
        foreach (var consent in catalog.Consents)
            things[("consent", consent.Purpose)] = [("unknown", Unknown(consent.UnknownAllows)), ("channels", List(consent.ChannelToUnknownAllows.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => $"{entry.Key}: {Unknown(entry.Value)}")))];
        foreach (var rule in catalog.Suppression)
            things[("suppression", rule.Id)] = Suppression(rule, catalog);
        foreach (var cap in catalog.CapScopes.Select(scope => scope.Cap).DistinctBy(cap => cap.Number))
            things[("cap", cap.Id)] = [("event", Name(cap.Event)), ("per", Name(cap.Per)), ("limit", Number(cap.Limit)), ("within", Durations.Text(cap.Window)), ("weights", Weights(cap, catalog))];
        foreach (var policy in catalog.Policies)
            things[("policy", policy.Id)] = Policy(policy);
        foreach (var experiment in catalog.Experiments.Where(experiment => !experiment.IsGlobalHoldout))
            things[("experiment", experiment.Id)] = ExperimentDescription.Of(experiment, catalog);
        foreach (var placement in catalog.Placements)
            things[("placement", placement.Id)] = Placement(placement);
        foreach (var campaign in catalog.Campaigns)
            things[("campaign", campaign.Id)] = Campaign(campaign, catalog);
        foreach (var offer in catalog.Offers)
        {
            things[("offer", offer.Id)] = Offer(offer, catalog);
            foreach (var creative in offer.Creatives)
                things[("creative", creative.Id)] = [("locale", creative.Locale), ("content", Encoding.UTF8.GetString(creative.ContentJson))];
        }

        return things;
    }

    private static DescribedField[] Policy(Policy policy) =>
    [
        ("halfLife", policy.Model.HalfLife is { } halfLife ? Durations.Text(halfLife) : null),
        ("prior", (policy.Model.EmpiricalBayes ? "empirical " : "") + $"{Number(policy.Model.PriorAlpha)} {Number(policy.Model.PriorBeta)}"),
        ("reshape", Number(policy.Model.Reshape)),
        ("goal", $"{policy.Goal.On} within {Durations.Text(policy.Goal.Within)}"),
        ("segmentBy", List(policy.Segments.Select(segment => segment.Id))),
        ("exploration", Text(policy.ExplorationOptions)),
    ];

    private static DescribedField[] Placement(Placement placement) =>
    [
        ("channel", placement.Channel), ("slots", Number(placement.Slots)), ("policy", placement.Policy.Id), ("holdout", Number(placement.HoldoutShare)),
        ("onOutage", placement.FallbackOnOutage ? "fallback" : "refuse"),
        ("quietHours", placement.QuietHours is { } quiet ? $"{quiet.From:HH':'mm':'ss} to {quiet.Until:HH':'mm':'ss} {quiet.Zone?.Id ?? "customer"} {Name(quiet.Action)}" : null),
        ("consent", Consents(placement.Consents)),
        ("fallback", placement.Fallback is { } fallback
            ? $"{fallback.OfferId} " + string.Join(' ', fallback.Creatives.Select(creative => $"{creative.Id} {creative.Locale} {Encoding.UTF8.GetString(creative.ContentJson)}")) : null),
    ];

    private static DescribedField[] Campaign(Campaign campaign, CatalogSnapshot catalog) =>
    [
        ("name", campaign.Name), ("start", Times.Text(campaign.StartMicros)), ("end", Times.Text(campaign.EndMicros)), ("zone", campaign.Zone.Id),
        ("paused", campaign.Paused ? "true" : "false"), ("lever", Number(campaign.LeverPercent)),
        Rule("eligibility", campaign.Rule, catalog),
        ("budget", campaign.Budget is { } budget
            ? $"total {Money(budget.TotalMicros)}, daily {Money(budget.DailyMicros)}, {Name(budget.SettleOn)}, {Name(budget.Reserve)}, {(budget.Paced ? "paced" : "unpaced")}" : null),
        ("caps", List(campaign.Caps.Select(cap => cap.Id))),
    ];

    private static DescribedField[] Offer(Offer offer, CatalogSnapshot catalog) =>
    [
        ("campaign", offer.Campaign.Id), ("name", offer.Name), ("category", offer.Category), ("placements", List(offer.PlacementIds)),
        ("value", Number(offer.Value)), ("cost", Money(offer.CostMicros)), ("lever", Number(offer.LeverPercent)), ("inStock", offer.InStock ? "true" : "false"),
        ("exclusionGroup", offer.ExclusionGroup),
        new DescribedField(
            "eligibility",
            List(offer.Rules.Select(rule => catalog.Rules[rule].Canonical), " && "),
            offer.Rules.Length == 1 ? Written(offer.Rules[0], catalog) : List(offer.Rules.Select(rule => $"({Written(rule, catalog)})"), " && ")),
        ("caps", List(offer.CapScopes.Select(scope => scope.Cap.Id))),
        ("consent", Consents(offer.Consents)),
        new DescribedField(
            "contextWeights",
            List(offer.ContextWeights.Select(weight => $"{catalog.Rules[weight.Rule].Canonical}: {Number(weight.WeightPercent)}")),
            List(offer.ContextWeights.Select(weight => $"{Written(weight.Rule, catalog)}: {Number(weight.WeightPercent)}"))),
        ("creatives", List(offer.Creatives.Select(creative => creative.Id))),
    ];

    private static DescribedField[] Suppression(SuppressionRule rule, CatalogSnapshot catalog) =>
    [
        ("on", Name(rule.On)),
        ("per", Name(rule.Per) + (rule.Only == 0 ? "" : " " + catalog.Registry.IdOf(rule.Per == CapPer.Channel ? IdKind.Channel : IdKind.Category, rule.Only))),
        ("after", Number(rule.After)), ("within", Durations.Text(rule.Within)), ("pause", Durations.Text(rule.Pause)),
    ];

    private static string Comes(IReadOnlyList<(string Id, string Name, string Rule)> segments, CatalogSnapshot catalog) =>
        catalog.Segments.Any(segment => segment.IsOfRfm && segment.Id == segments[0].Id) ? "true" : "false";

    private static string? Consents(ImmutableArray<ConsentRequirement> consents) =>
        List(consents.Select(consent => $"{consent.Purpose}{(consent.UnknownAllows ? "?" : "")}"));

    private static string Unknown(bool allows) => allows ? "allow" : "deny";

    private static string? Weights(Cap cap, CatalogSnapshot catalog) => cap.ChannelToWeight is { } weights
        ? List(weights.OrderBy(entry => entry.Key).Select(entry => $"{catalog.Registry.IdOf(IdKind.Channel, entry.Key)}: {Number(entry.Value)}")) : null;

    private static string Text(ExplorationOptions options) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Explorations.NameOf(options.Kind)} floor {options.Floor} epsilon {options.Epsilon} temperature {options.Temperature} gamma {options.GammaScale} {options.GammaExponent}");

    private static string Name<T>(T value)
        where T : struct, Enum =>
        value.ToString().ToLowerInvariant();

    private static string Number(double number) => number.ToString(CultureInfo.InvariantCulture);

    private static string? Money(long? micros) => micros is null ? null : (micros.Value / 1_000_000m).ToString(CultureInfo.InvariantCulture);

    /// <summary>Compared by meaning, shown as written.</summary>
    /// <param name="rule">Index, or -1 for none.</param>
    internal static DescribedField Rule(string name, int rule, CatalogSnapshot catalog) =>
        rule < 0 ? new DescribedField(name, null) : new DescribedField(name, catalog.Rules[rule].Canonical, Written(rule, catalog));

    private static string Written(int rule, CatalogSnapshot catalog) => catalog.Rules[rule].Source.Trim();

    private static string? List(IEnumerable<string> items, string between = ", ") => string.Join(between, items) is { Length: > 0 } text ? text : null;
}
