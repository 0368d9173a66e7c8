using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using PmOrleans.Decisioning.Attribution;
using PmOrleans.Decisioning.Budgets;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Identity;
using PmOrleans.Decisioning.Learning;
using PmOrleans.Decisioning.Policies;
using PmOrleans.Decisioning.Profiles;
using PmOrleans.Decisioning.Rules;

namespace PmOrleans.Benchmarks;

/// <summary>How the offers of the placement are told apart.</summary>
internal enum CoreEligibility
{
    /// <summary>All of them are for everybody.</summary>
    All,

    /// <summary>Fifty share a value of one attribute.</summary>
    ByAttribute,

    /// <summary>Fifty share a segment; as many segments as there are fifties.</summary>
    BySegment,
}

/// <summary>A catalog, its customers and a node in memory: five budgeted campaigns, caps on four scopes, a model that has learned.</summary>
internal sealed class CoreScenario : IDisposable
{
    private static readonly string[] PlacementIds = ["home", "else"];

    private const int Fifty = 50;
    private const long Start = 1_795_262_400_000_000;
    private const long TwentyMinutes = 20L * 60 * 1_000_000;

    private readonly CatalogSnapshot _catalog;
    private readonly DecisionEnvironment _environment;
    private readonly CustomerState[] _customers;
    private readonly DecisionWorkspace _workspace = new();
    private readonly ByteWriter _accounting = new(8192);
    private readonly ByteWriter _personal = new(1024);
    private readonly ByteWriter _scratch = new(8192);
    private readonly List<Fact> _facts = [];
    private readonly Placement[] _placements;
    private readonly DecisionRequest _request;
    private long _now = Start;
    private ulong _decision;

    public CoreScenario(ExplorationKind kind, int atPlacement, int elsewhere, CoreEligibility eligibility, int customers)
    {
        _catalog = Build(kind, atPlacement, elsewhere, eligibility);
        _placements = [_catalog.Placements[0]];
        _request = new DecisionRequest
        {
            CustomerId = "c",
            Placements = [new PlacementRequest("home", 1, [])],
            Context = [new Property("device", PropertyValue.Of("mobile")), new Property("channel", PropertyValue.Of("web"))],
        };
        var leases = new LeaseBook();
        foreach (var campaign in _catalog.Campaigns)
        {
            leases[campaign.Number].Grant(1_000_000_000_000_000, 0);
            for (var day = 0; day < 60; day++)
            {
                leases[campaign.Number].Grant(1_000_000_000_000_000, BudgetDay.Of(TimeZoneInfo.Utc, Start + (day * 86_400_000_000L)));
            }
        }

        _environment = new DecisionEnvironment(_catalog, Learned(), leases, new NodeHashes("sixteen secret b"u8));
        _customers = new CustomerState[customers];
        for (var i = 0; i < customers; i++)
        {
            _customers[i] = new CustomerState(new CustomerKey((ulong)i + 1, (ulong)i * 77));
            _customers[i].BeginDefinitions(_catalog);
            var known = new Touchpoint { CustomerId = "c", Type = "identify", Set = [new Property("tier", PropertyValue.Of("t7"))] };
            _customers[i].Apply(new TouchpointFact(known, Start, Start, false, 0), 1, _catalog);
        }
    }

    public int Customers => _customers.Length;

    /// <summary>Survivors of the last decision and bytes of its record.</summary>
    public (int Survivors, int Bytes) Last { get; private set; }

    /// <summary>Twenty minutes on: ends the windows of every customer, which is not part of what is measured.</summary>
    public void Rest()
    {
        _now += TwentyMinutes;
        foreach (var state in _customers)
        {
            _workspace.Moves.Clear();
            _facts.Clear();
            WindowExpiry.Advance(state, _now, state.Sequence + 1, _environment, _workspace, _facts);
            _workspace.Moves.ForEach(static move => move.Commit());
            state.Prune();
        }
    }

    /// <summary>One decision for every customer, folded and encoded.</summary>
    public void DecideAll()
    {
        foreach (var state in _customers)
        {
            _workspace.Moves.Clear();
            _facts.Clear();
            _accounting.Clear();
            _personal.Clear();
            var sequence = state.Sequence + 1;
            var fact = Decider.Decide(
                state, _request, _placements, "decision", new UInt128(++_decision, _decision * 0x9e3779b97f4a7c15), _now, _environment, _workspace);
            _facts.Add(fact);
            state.Apply(fact, sequence, _catalog);
            FactCodec.Write(_facts, _accounting, _personal, _scratch);
            state.Prune();
        }
    }

    public void Look() =>
        Last = (TraceCodec.Read(((DecisionFact)_facts[^1]).Placements[0].Trace.Span).Survivors.Count, _accounting.Length + _personal.Length);

    public void Dispose()
    {
        _workspace.Dispose();
        _accounting.Dispose();
        _personal.Dispose();
        _scratch.Dispose();
    }

    private ModelReplica Learned()
    {
        var policy = _catalog.Policies[0];
        var model = new BetaModel(policy.Number, policy.Model);
        var random = new Random(1);
        foreach (var offer in _catalog.Placements[0].Offers)
        {
            var rate = .02 + (.1 * random.NextDouble());
            for (var trial = 0; trial < 50; trial++)
            {
                var arm = new ArmKey(policy.Number, offer.Number, 0);
                model.Trial(arm, Start);
                model.Resolve(arm, Start, Start, random.NextDouble() < rate, 0);
            }
        }

        var snapshots = new BetaSnapshot?[policy.Number + 1];
        snapshots[policy.Number] = model.Publish(Start);
        return new ModelReplica(1, snapshots);
    }

    private static CatalogSnapshot Build(ExplorationKind kind, int atPlacement, int elsewhere, CoreEligibility eligibility)
    {
        var tier = new AttributeDefinition("tier", CelType.String, null, []);
        var schema = new RuleSchema()
            .DeclareObject("customer", new Dictionary<string, CelType>(StringComparer.Ordinal) { ["tier"] = CelType.String })
            .DeclareObject("context", new Dictionary<string, CelType>(StringComparer.Ordinal) { ["device"] = CelType.String })
            .DeclareOpenObject("counts", CelType.Int)
            .DeclareVariable("segments", CelType.List(CelType.String));
        var rules = new List<CompiledRule>();
        var segments = new List<Segment>();
        if (eligibility == CoreEligibility.BySegment)
        {
            for (var i = 0; i < Math.Max(8, atPlacement / Fifty); i++)
            {
                segments.Add(new Segment("s" + Text(i), i + 1, i, Rule($"customer.tier == 't{Text(i)}'"), null));
            }
        }

        var policy = new Policy
        {
            Id = "p",
            Number = 1,
            Ordinal = 0,
            Goal = new Goal("click", TimeSpan.FromHours(1)),
            Model = new BetaOptions(),
            ExplorationOptions = new ExplorationOptions { Kind = kind },
            Exploration = Explorations.Create(new ExplorationOptions { Kind = kind }),
            Segments = [],
        };
        var campaigns = Enumerable.Range(0, 5).Select(i => new Campaign
        {
            Id = "c" + Text(i),
            Number = i + 1,
            Ordinal = i,
            StartMicros = long.MinValue,
            EndMicros = long.MaxValue,
            Zone = TimeZoneInfo.Utc,
            Budget = new Budget(long.MaxValue / 4, long.MaxValue / 8, SettleOn.Click, ReserveKind.Full, Paced: true),
            Caps = [],
            Rule = -1,
            LeverPercent = 0,
            Paused = false,
        }).ToImmutableArray();

        Cap[] caps =
        [
            new("offer", 1, CappedEvent.Impression, CapPer.Offer, 5, TimeSpan.FromDays(1)),
            new("campaign", 2, CappedEvent.Decision, CapPer.Campaign, 10, TimeSpan.FromHours(1)),
            new("channel", 3, CappedEvent.Decision, CapPer.Channel, 10, TimeSpan.FromHours(1)),
            new("all", 4, CappedEvent.Decision, CapPer.All, 10, TimeSpan.FromHours(1)),
        ];
        var scopes = new List<CapScope>();
        var perCampaign = campaigns.Select(campaign => Scope(caps[1], campaign.Number)).ToArray();
        var channel = Scope(caps[2], 1);
        var all = Scope(caps[3], 0);
        var offers = Enumerable.Range(0, atPlacement + elsewhere).Select(i => new Offer
        {
            Id = "o" + Text(i),
            Number = i + 1,
            Ordinal = i,
            Campaign = campaigns[i % campaigns.Length],
            CategoryNumber = 0,
            Value = 10 + (i % 7),
            CostMicros = 10_000,
            LeverPercent = 0,
            Rules = [.. RulesOf(i)],
            CapScopes = [Scope(caps[0], i + 1), perCampaign[i % campaigns.Length], all],
            ContextWeights = i % 10 == 0 ? [new ContextWeight(Rule("context.device == 'mobile'"), 15)] : [],
            Consents = [],
            ExclusionGroup = null,
            ExclusionGroupOrdinal = -1,
            InStock = true,
            Creatives = [new Creative("x", i + 1, null, "{}"u8.ToArray())],
            PlacementIds = i < atPlacement ? ["home"] : ["else"],
        }).ToImmutableArray();

        var compiled = rules.ToImmutableArray();
        var placements = PlacementIds.Select((id, i) => MakePlacement(id, i)).ToImmutableArray();
        return new CatalogSnapshot
        {
            Version = 1,
            Hash = "",
            DefinitionsHash = 1,
            Currency = "EUR",
            Zone = TimeZoneInfo.Utc,
            DefaultLocale = "en",
            CapHold = TimeSpan.FromMinutes(15),
            ConversionTypes = FrozenSet<string>.Empty,
            Schema = schema,
            Rules = compiled,
            Attributes = [tier],
            Metrics = [],
            Segments = [.. segments],
            Policies = [policy],
            Placements = placements,
            Campaigns = campaigns,
            Offers = offers,
            CapScopes = [.. scopes],
            AttributeByName = new[] { tier }.ToFrozenDictionary(item => item.Name, StringComparer.Ordinal),
            PlacementById = placements.ToFrozenDictionary(item => item.Id, StringComparer.Ordinal),
            CampaignById = campaigns.ToFrozenDictionary(item => item.Id, StringComparer.Ordinal),
            OfferById = offers.ToFrozenDictionary(item => item.Id, StringComparer.Ordinal),
            OfferByNumber = offers.ToFrozenDictionary(item => item.Number),
            CampaignByNumber = campaigns.ToFrozenDictionary(item => item.Number),
            PolicyByNumber = new[] { policy }.ToFrozenDictionary(item => item.Number),
            PlacementByNumber = placements.ToFrozenDictionary(item => item.Number),
            CapScopeByCounter = scopes.ToFrozenDictionary(scope => scope.CounterId),
            CapScopesByChannel = new[] { channel }.ToFrozenDictionary(scope => scope.Over, scope => ImmutableArray.Create(scope)),
            ChannelNumbers = FrozenDictionary<string, int>.Empty,
            Registry = IdRegistry.Empty,
        };

        CapScope Scope(Cap cap, int over)
        {
            scopes.Add(new CapScope(scopes.Count, cap, over));
            return scopes[^1];
        }

        int Rule(string text)
        {
            var known = rules.FindIndex(rule => rule.Source == text);
            if (known < 0)
            {
                known = rules.Count;
                rules.Add(RuleCompiler.Compile(text, schema, CelType.Bool).Rule ?? throw new InvalidOperationException(text));
            }

            return known;
        }

        IEnumerable<int> RulesOf(int i) => i >= atPlacement ? [] : eligibility switch
        {
            CoreEligibility.ByAttribute => [Rule($"customer.tier == 't{Text(i / Fifty)}'")],
            CoreEligibility.BySegment => [Rule($"'s{Text(i / Fifty)}' in segments")],
            _ => [Rule($"counts.purchase < {Text(1000 + (i % 5))}")],
        };

        Placement MakePlacement(string id, int ordinal)
        {
            ImmutableArray<Offer> here = [.. offers.Where(offer => offer.PlacementIds[0] == id)];
            return new Placement
            {
                Id = id,
                Number = ordinal + 1,
                Ordinal = ordinal,
                Slots = 1,
                Channel = "web",
                ChannelNumber = 1,
                Policy = policy,
                HoldoutShare = .05,
                Fallback = null,
                QuietHours = null,
                FallbackOnOutage = false,
                Offers = here,
                Candidates = CandidateIndex.Build(here, compiled),
            };
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
