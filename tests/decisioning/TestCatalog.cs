using System.Collections.Immutable;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Experiments;
using PmOrleans.Decisioning.Learning;
using PmOrleans.Decisioning.Policies;
using PmOrleans.Decisioning.Rules;

namespace PmOrleans.Decisioning.Tests;

/// <summary>What an experiment can refer to while a catalog is made.</summary>
internal sealed record TestCatalogParts(ImmutableArray<Policy> Policies, ImmutableArray<Offer> Offers, Func<string, int> Rule)
{
    public Policy Policy(string id) => Policies.Single(policy => policy.Id == id);

    public Offer Offer(string id) => Offers.Single(offer => offer.Id == id);
}

/// <summary>Makes a catalog by code. What an offer or a placement names and nobody declared (campaign, policy) comes into being with defaults.</summary>
internal sealed partial class TestCatalog
{
    private readonly List<AttributeDefinition> _attributes = [];
    private readonly List<MetricDefinition> _metrics = [];
    private readonly List<(string Id, string Rule, string[] Sums)> _segments = [];
    private string? _rfm;
    private readonly List<(string Id, CappedEvent Event, CapPer Per, int Limit, TimeSpan Window)> _caps = [];
    private readonly Dictionary<string, (ExplorationOptions Exploration, Goal Goal, BetaOptions Model, string[] Segments)> _policies = new(StringComparer.Ordinal);
    private readonly List<(string Id, int Slots, string Channel, string Policy, double Holdout, string? Fallback, QuietHours? Quiet)> _placements = [];
    private readonly Dictionary<string, (Budget? Budget, long Start, long End, TimeZoneInfo Zone, string? Rule)> _campaigns = new(StringComparer.Ordinal);
    private readonly List<OfferSpec> _offers = [];
    private readonly Dictionary<string, CelType> _context = new(StringComparer.Ordinal) { ["channel"] = CelType.String, ["device"] = CelType.String, ["locale"] = CelType.String };

    private readonly List<(string Id, SuppressOn On, CapPer Per, int After, TimeSpan Within, TimeSpan Pause)> _suppression = [];
    private readonly List<(CappedEvent Event, int Limit, TimeSpan Window, (string Channel, int Weight)[] Weights)> _contactBudgets = [];

    private readonly List<Func<TestCatalogParts, Experiment>> _experiments = [];

    public TimeSpan CapHold { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>Attribute that holds the customer's zone.</summary>
    public string? ZoneAttribute { get; set; }

    /// <summary>Consents that every placement needs.</summary>
    public ConsentRequirement[] PlacementConsents { get; set; } = [];

    public TestCatalog Attribute(string name, CelType type, CelValue? absent = null)
    {
        _attributes.Add(new AttributeDefinition(name, type, absent, []));
        return this;
    }

    public TestCatalog Context(string name, CelType type)
    {
        _context[name] = type;
        return this;
    }

    public TestCatalog Metric(
        string name, MetricKind kind, string type, TimeSpan window, string? property = null, Func<MetricDefinition, MetricDefinition>? with = null)
    {
        var metric = new MetricDefinition(name, 0, _metrics.Count, kind, type, property, window);
        _metrics.Add(with?.Invoke(metric) ?? metric);
        return this;
    }

    /// <summary>RFM scores of a touchpoint type.</summary>
    public TestCatalog Rfm(string type)
    {
        _rfm = type;
        return this;
    }

    public TestCatalog Segment(string id, string rule, params string[] sums)
    {
        _segments.Add((id, rule, sums));
        return this;
    }

    /// <summary>Over every offer, campaign, category or channel there is, each counted for itself.</summary>
    public TestCatalog Cap(string id, CappedEvent capped, CapPer per, int limit, TimeSpan window)
    {
        _caps.Add((id, capped, per, limit, window));
        return this;
    }

    public TestCatalog Suppress(string id, SuppressOn on, CapPer per, int after, TimeSpan within, TimeSpan pause)
    {
        _suppression.Add((id, on, per, after, within, pause));
        return this;
    }

    /// <summary>In the order in which they are declared; the global holdout must be the first.</summary>
    public TestCatalog Experiment(Func<TestCatalogParts, Experiment> make)
    {
        _experiments.Add(make);
        return this;
    }

    public void ForgetExperiments(int first) => _experiments.RemoveRange(0, first);

    public TestCatalog ContactBudget(CappedEvent capped, int limit, TimeSpan window, params (string Channel, int Weight)[] weights)
    {
        _contactBudgets.Add((capped, limit, window, weights));
        return this;
    }

    public TestCatalog Policy(string id, ExplorationOptions exploration, Goal? goal = null, BetaOptions? model = null, params string[] segments)
    {
        _policies[id] = (exploration, goal ?? new Goal("click", TimeSpan.FromDays(1)), model ?? new BetaOptions(), segments);
        return this;
    }

    public TestCatalog Placement(
        string id, int slots = 1, string channel = "web", string policy = "default", double holdout = 0, string? fallback = null, QuietHours? quiet = null)
    {
        _placements.Add((id, slots, channel, policy, holdout, fallback, quiet));
        return this;
    }

    public TestCatalog Campaign(string id, Budget? budget = null, long start = long.MinValue, long end = long.MaxValue, TimeZoneInfo? zone = null, string? rule = null)
    {
        _campaigns[id] = (budget, start, end, zone ?? TimeZoneInfo.Utc, rule);
        return this;
    }

    public TestCatalog Offers(params OfferSpec[] offers)
    {
        _offers.AddRange(offers);
        return this;
    }
}
