using System.Globalization;
using System.Text;
using PmOrleans.Decisioning.Attribution;
using PmOrleans.Decisioning.Budgets;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Identity;
using PmOrleans.Decisioning.Profiles;
using PmOrleans.Decisioning.Segments;
using PmOrleans.Decisioning.Segments.Rfm;
using PmOrleans.Node.Catalog;

namespace PmOrleans.Benchmarks;

/// <summary>One catalog with or without segments, its customers and commands as a host runs them, in memory and on one thread.</summary>
internal sealed class SegmentScenario : IDisposable
{
    private const long Start = 1_795_262_400_000_000;
    private const long Minute = 60_000_000;
    private static readonly string[] Types = ["view", "view", "view", "view", "view", "view", "search", "cart_add", "purchase", "identify"];

    private readonly DecisionEnvironment _environment;
    private readonly CustomerState[] _customers;
    private readonly DecisionWorkspace _workspace = new();
    private readonly ByteWriter _accounting = new(8192);
    private readonly ByteWriter _personal = new(1024);
    private readonly ByteWriter _scratch = new(8192);
    private readonly List<Fact> _facts = [];
    private readonly Placement[] _placements;
    private readonly DecisionRequest _request;
    private readonly Random _random = new(3);
    private long _now = Start;
    private ulong _decision;

    /// <param name="segments">How many rules of segments; 135 more come with RFM. 0: neither.</param>
    public SegmentScenario(int segments, int customers)
    {
        var catalog = Compile(Yaml(segments));
        Segments = catalog.Segments.Length;
        var rfm = new RfmEdges(1, Start, 5, [Minute * 60, Minute * 600, Minute * 6000, Minute * 60_000], [1, 2, 4, 8], [20_000_000, 60_000_000, 200_000_000, 900_000_000]);
        _environment = new DecisionEnvironment(catalog, ModelReplica.Empty, new LeaseBook(), new NodeHashes("sixteen secret b"u8)) { Rfm = rfm };
        _placements = [catalog.PlacementById["home"]];
        _request = new DecisionRequest
        {
            CustomerId = "c",
            Placements = [new PlacementRequest("home", 1, [])],
            Context = [new Property("device", PropertyValue.Of("mobile")), new Property("channel", PropertyValue.Of("web"))],
        };
        _customers = new CustomerState[customers];
        for (var i = 0; i < customers; i++)
        {
            _customers[i] = new CustomerState(new CustomerKey((ulong)i + 1, (ulong)i * 77));
            _customers[i].BeginDefinitions(catalog);
        }

        for (var i = 0; i < 20; i++)
        {
            IngestAll();
        }
    }

    public int Customers => _customers.Length;

    public int Segments { get; }

    /// <summary>Segment changes of the last round, and the bytes of its records.</summary>
    public (long Changes, long Bytes) Last { get; private set; }

    /// <summary>One touchpoint for every customer, folded and encoded, a few minutes after the one before.</summary>
    public void IngestAll()
    {
        _now += 7 * Minute;
        Last = default;
        foreach (var state in _customers)
        {
            Begin();
            var sequence = state.Sequence + 1;
            WindowExpiry.Advance(state, _now, sequence, _environment, _workspace, _facts);
            TouchpointIntake.Take(state, Next(_random), _now, sequence, _environment, _workspace, _facts);
            SegmentTracker.Advance(state, _now, sequence, _environment, _workspace, _facts);
            End(state);
        }
    }

    /// <summary>One decision for every customer, folded and encoded.</summary>
    public void DecideAll()
    {
        _now += Minute;
        Last = default;
        foreach (var state in _customers)
        {
            Begin();
            var sequence = state.Sequence + 1;
            WindowExpiry.Advance(state, _now, sequence, _environment, _workspace, _facts);
            SegmentTracker.Advance(state, _now, sequence, _environment, _workspace, _facts);
            var fact = Decider.Decide(
                state, _request, _placements, "decision", new UInt128(++_decision, _decision * 0x9e3779b97f4a7c15), _now, _environment, _workspace);
            _facts.Add(fact);
            state.Apply(fact, sequence, _environment.Catalog);
            End(state);
        }
    }

    public void Dispose()
    {
        _workspace.Dispose();
        _accounting.Dispose();
        _personal.Dispose();
        _scratch.Dispose();
    }

    /// <summary>A shop's catalog: eight metrics, two attributes, fifty offers; rules of segments over all of them.</summary>
    public static string Yaml(int segments)
    {
        var text = new StringBuilder("""
            attributes:
              tier: { type: string, default: none }
              city: string
            metrics:
              views1d: count(view) over 1d
              views7d: count(view) over 7d
              views30d: count(view) over 30d
              searches7d: count(search) over 7d
              carts1d: count(cart_add) over 1d
              carts7d: count(cart_add) over 7d
              orders180d: count(purchase) over 180d
              spend30d: sum(purchase.value) over 30d
            placements:
              home: { channel: web }

            """);
        if (segments > 0)
        {
            text.Append("rfm: { on: purchase }\nsegments:\n");
        }

        for (var i = 0; i < segments; i++)
        {
            var k = Text(1 + (i / 10));
            var rule = (i % 10) switch
            {
                0 => $"metrics.views7d > {k}",
                1 => $"metrics.views30d >= {Text(3 * (1 + (i / 10)))} && metrics.orders180d == 0",
                2 => $"metrics.spend30d > {Text(25 * (1 + (i / 10)))}.0",
                3 => $"metrics.orders180d >= {k}",
                4 => $"metrics.carts1d > 0 && metrics.spend30d < {Text(10 * (1 + (i / 10)))}.0",
                5 => $"recency.purchase > duration('{k}h')",
                6 => $"customer.tier == 't{k}' && metrics.views1d > 2",
                7 => $"customer.city == 'city-{k}'",
                8 => $"metrics.searches7d > {k} || metrics.carts7d > {k}",
                _ => $"'s{Text(i - 9)}' in segments && !('s{Text(i - 6)}' in segments)",
            };
            text.Append(CultureInfo.InvariantCulture, $"  s{i}: \"{rule}\"\n");
        }

        text.Append("campaigns:\n  c:\n    offers:\n");
        for (var i = 0; i < 50; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"      o{i}: {{ placements: [home], value: {1 + (i % 7)}, eligibility: \"metrics.views30d < {1000 + (i % 5)}\", content: {{ a: 1 }} }}\n");
        }

        return text.ToString();
    }

    private static CatalogSnapshot Compile(string yaml)
    {
        var bag = new DiagnosticBag();
        var bundle = CatalogBundle.Of([new CatalogFile("a.yaml", yaml)], bag) ?? throw new InvalidOperationException(string.Join('\n', bag.ToList()));
        var compilation = CatalogCompiler.Compile(bundle, IdRegistry.Empty, 1, DateTimeOffset.UnixEpoch);
        return compilation.Snapshot ?? throw new InvalidOperationException(string.Join('\n', compilation.Diagnostics));
    }

    /// <summary>What somebody does next in a shop: mostly looks.</summary>
    public static Touchpoint Next(Random random)
    {
        var type = Types[random.Next(Types.Length)];
        return new Touchpoint
        {
            CustomerId = "c",
            Type = type,
            Channel = "web",
            ValueMicros = type == "purchase" ? random.Next(1, 80) * 1_000_000L : null,
            Set = type == "identify"
                ? [new Property("tier", PropertyValue.Of("t" + Text(random.Next(20)))), new Property("city", PropertyValue.Of("city-" + Text(random.Next(20))))]
                : [],
        };
    }

    private void Begin()
    {
        _workspace.Moves.Clear();
        _facts.Clear();
        _accounting.Clear();
        _personal.Clear();
    }

    private void End(CustomerState state)
    {
        FactCodec.Write(_facts, _accounting, _personal, _scratch);
        state.Prune();
        var changes = 0;
        foreach (var fact in _facts)
        {
            changes += fact is SegmentChangeFact ? 1 : 0;
        }

        Last = (Last.Changes + changes, Last.Bytes + _accounting.Length + _personal.Length);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
