using System.Collections.Frozen;
using System.Collections.Immutable;
using PmOrleans.Decisioning.Caps;
using PmOrleans.Decisioning.Consent;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Experiments;
using PmOrleans.Decisioning.Rules;
using PmOrleans.Decisioning.Segments;
using PmOrleans.Decisioning.Segments.Rfm;

namespace PmOrleans.Decisioning.Catalog;

/// <summary>One published version of the catalog, checked and compiled: immutable, shared by every decision that runs against it.</summary>
/// <remarks>
/// Things refer to each other by reference; facts refer to them by their stable <c>Number</c> (dense from 1, given once by the
/// <see cref="IdRegistry"/>, never reused), so that learning and counters survive a new version.
/// </remarks>
public sealed class CatalogSnapshot
{
    /// <summary>1, 2, 3 … in order of publishing.</summary>
    public required int Version { get; init; }

    /// <summary>SHA-256 of the canonical bundle, lower-case hex.</summary>
    public required string Hash { get; init; }

    /// <summary>Hash of what profiles are folded with: metrics and caps. A profile folded with another one is folded anew on its next touch.</summary>
    public required ulong DefinitionsHash { get; init; }

    /// <summary>Hash of the same without the metrics; <c>null</c> for a catalog of which nothing is known but the whole.</summary>
    public ulong? CountersHash { get; init; }

    /// <summary>ISO 4217, one for all amounts of the catalog.</summary>
    public required string Currency { get; init; }

    public required TimeZoneInfo Zone { get; init; }

    public required string DefaultLocale { get; init; }

    /// <summary>How long a decision reserves a place under a cap while its event has not come.</summary>
    public required TimeSpan CapHold { get; init; }

    /// <summary>Touchpoint types that count as a conversion; <c>purchase</c> unless declared otherwise.</summary>
    public required FrozenSet<string> ConversionTypes { get; init; }

    /// <summary>All rules share this schema, so a slot means the same in each of them.</summary>
    public required RuleSchema Schema { get; init; }

    /// <summary>Every distinct rule once, by canonical text; the rest of the catalog refers to them by index.</summary>
    public required ImmutableArray<CompiledRule> Rules { get; init; }

    public required ImmutableArray<AttributeDefinition> Attributes { get; init; }

    public required ImmutableArray<MetricDefinition> Metrics { get; init; }

    /// <summary>Declared purposes of consent.</summary>
    public ImmutableArray<ConsentRequirement> Consents { get; init; } = [];

    /// <summary>What pauses what was ignored or dismissed too often; few, in the order of their numbers.</summary>
    public ImmutableArray<SuppressionRule> Suppression { get; init; } = [];

    /// <summary>Where customers say their time zone; <c>null</c>: nowhere, quiet hours are the catalog's.</summary>
    public CustomerZones? CustomerZones { get; init; }

    /// <summary>The global holdout first, when there is one.</summary>
    public ImmutableArray<Experiment> Experiments { get; init; } = [];

    /// <summary>In an order in which every segment comes after those its rule uses.</summary>
    public required ImmutableArray<Segment> Segments { get; init; }

    public required ImmutableArray<Policy> Policies { get; init; }

    public required ImmutableArray<Placement> Placements { get; init; }

    public required ImmutableArray<Campaign> Campaigns { get; init; }

    /// <summary>Every offer, indexed by <see cref="Offer.Ordinal"/>.</summary>
    public required ImmutableArray<Offer> Offers { get; init; }

    /// <summary>Every cap and contact budget, also one under which no offer falls now. Not given: those of <see cref="CapScopes"/>.</summary>
    public ImmutableArray<Cap> EveryCap { get; init; }

    /// <summary>Every (cap, what it counts over) pair, indexed by <see cref="CapScope.Ordinal"/>.</summary>
    public required ImmutableArray<CapScope> CapScopes { get; init; }

    public required FrozenDictionary<string, AttributeDefinition> AttributeByName { get; init; }

    public required FrozenDictionary<string, Placement> PlacementById { get; init; }

    public required FrozenDictionary<string, Campaign> CampaignById { get; init; }

    public required FrozenDictionary<string, Offer> OfferById { get; init; }

    public required FrozenDictionary<int, Offer> OfferByNumber { get; init; }

    public required FrozenDictionary<int, Campaign> CampaignByNumber { get; init; }

    public required FrozenDictionary<int, Policy> PolicyByNumber { get; init; }

    public required FrozenDictionary<int, Placement> PlacementByNumber { get; init; }

    /// <summary>Scopes by the customer's counter id (<see cref="CapScope.CounterId"/>).</summary>
    public required FrozenDictionary<ulong, CapScope> CapScopeByCounter { get; init; }

    /// <summary>Scopes that hold for every offer shown in a channel, by the channel's number.</summary>
    public required FrozenDictionary<int, ImmutableArray<CapScope>> CapScopesByChannel { get; init; }

    /// <summary>Numbers of channels by name: those of placements and caps.</summary>
    public required FrozenDictionary<string, int> ChannelNumbers { get; init; }

    private FrozenDictionary<string, ImmutableArray<MetricDefinition>> MetricsByType => field ??=
        Metrics.OrderBy(metric => metric.Number).GroupBy(metric => metric.TouchpointType, StringComparer.Ordinal)
            .ToFrozenDictionary(group => group.Key, group => group.ToImmutableArray(), StringComparer.Ordinal);

    /// <summary>Touchpoint types that some policy is after.</summary>
    public FrozenSet<string> GoalTypes => field ??= Policies.Select(policy => policy.Goal.On).ToFrozenSet(StringComparer.Ordinal);

    /// <summary>The shortest attribution window of a policy.</summary>
    public long ShortestGoalMicros => Policies.IsEmpty ? 0 : field != 0 ? field : field = Policies.Min(policy => policy.Goal.WithinMicros);

    /// <summary>Metrics that a touchpoint of this type can change, in the order of their numbers: however the catalog lists them, they fold alike.</summary>
    public ImmutableArray<MetricDefinition> MetricsOf(string touchpointType) =>
        MetricsByType.TryGetValue(touchpointType, out var metrics) ? metrics : [];

    /// <summary>Whether a metric looks at the properties of touchpoints of this type.</summary>
    internal bool ReadsPropertiesOf(string touchpointType)
    {
        foreach (var metric in MetricsOf(touchpointType))
        {
            if (metric.ReadsProperties)
            {
                return true;
            }
        }

        return false;
    }

    public FrozenDictionary<int, Experiment> ExperimentByNumber => field ??= Experiments.ToFrozenDictionary(experiment => experiment.Number);

    /// <summary>The suppression rule of a number, or <c>null</c>.</summary>
    public SuppressionRule? FindSuppression(int number)
    {
        foreach (var rule in Suppression)
        {
            if (rule.Number == number)
            {
                return rule;
            }
        }

        return null;
    }

    /// <summary>Which cap scopes an event falls under.</summary>
    public CapIndex Caps => field ??= new CapIndex(this);

    /// <summary>What an event counts under.</summary>
    internal CountedCaps CountedCaps => field ??= new CountedCaps(EveryCap.IsDefault ? CapScopes.Select(scope => scope.Cap).DistinctBy(cap => cap.Number) : EveryCap);

    /// <summary>Where each slot of the rules gets its value from.</summary>
    public RuleBindings Bindings => field ??= new RuleBindings(this);

    /// <summary>When time alone may change a rule.</summary>
    public RuleClock Clock => field ??= new RuleClock(this);

    /// <summary>Whether rules may read RFM scores, and of what; <c>null</c> where the catalog has no section <c>rfm</c>.</summary>
    public RfmDefinition? Rfm { get; init; }

    /// <summary>What each segment's membership hangs on.</summary>
    public SegmentPlan SegmentPlan => field ??= SegmentPlanBuilder.Build(this);

    /// <summary>The registry as of this version: number to id and back.</summary>
    public required IdRegistry Registry { get; init; }
}
