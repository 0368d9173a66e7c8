using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using PmOrleans.Decisioning.Attribution;
using PmOrleans.Decisioning.Budgets;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Identity;
using PmOrleans.Decisioning.Profiles;
using PmOrleans.Decisioning.Segments;
using PmOrleans.Node.Tests.Catalog;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Tests.Segments;

/// <summary>
/// Segments of catalogs as people write them, which name each other in any order and over several steps and read every kind of metric: what is remembered of a
/// customer against every rule asked afresh, over random touchpoints, leaps of time and versions of the catalog.
/// </summary>
public sealed class SegmentCatalogTests
{
    private const long Minute = 60_000_000, Hour = 60 * Minute, Day = 24 * Hour;

    private const string Head = """
        attributes:
          tier: { type: string, values: [none, silver, gold], default: none }
          age: int
        touchpoints:
          view: { category: string, price: double, sku: string }
        metrics:
          views7d: count(view) over 7d
          tea2d: count(view where category == 'tea' && price > 20) over 2d
          spend1d: sum(purchase.value) over 1d
          least3d: min(purchase.value) over 3d
          dearest5d: max(purchase.value) over 5d
          category4d: last(view.category) over 4d
          skus2d: distinct(view.sku) over 2d
          byCategory6d: count(view) by category over 6d
        placements:
          p: { channel: web, fallback: { offer: f, content: {} } }

        """;

    private static readonly string[] Rules =
    [
        "metrics.views7d >= 3",
        "metrics.views7d == 0",
        "metrics.tea2d > 1 && metrics.views7d != 4",
        "metrics.spend1d > 100.0",
        "has(metrics.least3d) && metrics.least3d < 60.0",
        "has(metrics.dearest5d) && metrics.dearest5d >= 150.0 && customer.tier != 'none'",
        "has(metrics.category4d) && metrics.category4d == 'tea'",
        "metrics.skus2d >= 2",
        "'tea' in metrics.byCategory6d && metrics.byCategory6d['tea'] > 1",
        "has(recency.view) && recency.view > duration('36h')",
        "has(recency.purchase) && recency.purchase <= duration('30h')",
        "has(customer.age) && customer.age >= 30",
        "customer.tier == 'gold'",
        "customer.tier in ['silver', 'gold']",
        "has(counts.purchase) && counts.purchase > 2",
        "has(value.purchase) && value.purchase - metrics.spend1d > 100.0",
        "customer.lastChannel == 'app'",
        "context.device == 'mobile'",
    ];

    [Fact]
    public void segments_of_segments_are_what_their_rules_say_after_every_command_and_until_they_are_due() =>
        Check.One(
            Config.QuickThrowOnFailure.WithReplay(20_261_129, 11).WithMaxTest(150),
            Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed => Run(new Random(seed))));

    private static void Run(Random random)
    {
        var catalog = RandomCatalog(random, null, 1);
        using var customer = new Customer(catalog);
        var now = Micros.From(CatalogText.Now);
        for (var step = 1; step < 60; step++)
        {
            now = Math.Max(now, customer.State.LastSeenMicros) + Leap(random);
            if (random.Next(12) == 0)
            {
                // The same metrics, so that the state stays as it is; other rules, under ids that were or were not there before.
                customer.Catalog = catalog = RandomCatalog(random, catalog.Registry, step + 1);
            }

            if (random.Next(5) == 0 && customer.State.SegmentsDueMicros is var due and < long.MaxValue)
            {
                now = Math.Max(now, due);
            }

            customer.Take(random.Next(4) == 0 ? null : RandomTouchpoint(random, step, now), now);
            if (customer.State.Sequence > 0)
            {
                customer.CheckAt(now);
                customer.CheckAt(Math.Max(now, Math.Min(customer.State.SegmentsDueMicros, now + (100 * Day)) - 1));
            }
        }
    }

    private static CatalogSnapshot RandomCatalog(Random random, IdRegistry? known, int version)
    {
        // Each may name those that come before it here; they are written in another order.
        var rules = new List<string>();
        var count = random.Next(3, 40);
        for (var i = 0; i < count; i++)
        {
            var rule = Rules[random.Next(Rules.Length)];
            for (var uses = i == 0 ? 0 : random.Next(3); uses > 0; uses--)
            {
                var named = string.Create(CultureInfo.InvariantCulture, $"'s{random.Next(Math.Max(0, i - 6), i)}' in segments");
                rule = random.Next(4) switch
                {
                    0 => $"({rule}) || {named}",
                    1 => $"({rule}) && {named}",
                    2 => $"({rule}) && !({named})",
                    _ => $"{named} ? !({rule}) : ({rule})",
                };
            }

            rules.Add(rule);
        }

        var text = new StringBuilder(Head).Append("segments:\n");
        foreach (var i in Enumerable.Range(0, count).OrderBy(_ => random.Next()).ToList())
        {
            text.Append(CultureInfo.InvariantCulture, $"  s{i}: {{ rule: \"{rules[i]}\" }}\n");
        }

        return CatalogText.Snapshot(text.ToString(), known, version);
    }

    private static long Leap(Random random) => random.Next(5) switch
    {
        0 => 0,
        1 => random.Next(1, 1_000),
        2 => random.NextInt64(Hour),
        3 => random.NextInt64(2 * Day),
        _ => random.NextInt64(8 * Day),
    };

    private static Touchpoint RandomTouchpoint(Random random, int step, long now)
    {
        var type = random.Next(6) switch { 0 or 1 or 2 => "view", 3 or 4 => "purchase", _ => "identify" };
        return new Touchpoint
        {
            CustomerId = "c",
            Type = type,
            MessageId = string.Create(CultureInfo.InvariantCulture, $"m-{step}"),
            AtMicros = random.Next(3) == 0 ? now - random.NextInt64(9 * Day) : null,
            Channel = random.Next(2) == 0 ? "app" : "web",
            ValueMicros = type == "purchase" ? random.Next(1, 200) * 1_000_000L : null,
            Properties = type == "view"
                ? [
                    new("category", PropertyValue.Of(random.Next(2) == 0 ? "tea" : "bed")),
                    new("sku", PropertyValue.Of(random.Next(2) == 0 ? "a" : "b")),
                    new("price", PropertyValue.Of((double)random.Next(10, 40))),
                ]
                : [],
            Set = type == "identify" && random.Next(3) > 0
                ? [new("tier", PropertyValue.Of(random.Next(2) == 0 ? "gold" : "silver")), new("age", PropertyValue.Of(random.Next(20, 40)))]
                : [],
            Unset = type == "identify" && random.Next(3) == 0 ? ["tier"] : [],
        };
    }

    /// <summary>One customer, driven as a host drives it.</summary>
    private sealed class Customer(CatalogSnapshot catalog) : IDisposable
    {
        private static readonly NodeHashes Hashes = new("sixteen secret b"u8);
        private readonly DecisionWorkspace _workspace = new();

        public CustomerState State { get; } = NewState(catalog);

        public CatalogSnapshot Catalog { get; set; } = catalog;

        public void Dispose() => _workspace.Dispose();

        public void Take(Touchpoint? touchpoint, long now)
        {
            var environment = new DecisionEnvironment(Catalog, ModelReplica.Empty, new LeaseBook(), Hashes);
            var (facts, sequence) = (new List<Fact>(), State.Sequence + 1);
            WindowExpiry.Advance(State, now, sequence, environment, _workspace, facts);
            if (touchpoint is not null)
            {
                TouchpointIntake.Take(State, touchpoint, now, sequence, environment, _workspace, facts);
            }

            SegmentTracker.Advance(State, now, sequence, environment, _workspace, facts);
            State.Prune();
        }

        /// <summary>What is known at a time before it is due, against every rule asked of a state that remembers nothing.</summary>
        public void CheckAt(long now)
        {
            using var writer = new ByteWriter();
            State.Write(writer);
            var asked = SegmentMembership.Of(CustomerState.Read(State.Key, writer.Written), Catalog, now)
                .Where(id => Catalog.SegmentPlan.TryFind(id, out var segment) && !Catalog.SegmentPlan.IsPerRequest(segment));
            var known = Catalog.Segments.Where(segment => State.IsInSegment(segment.Number)).Select(segment => segment.Id);

            Assert.Equal(asked.Order(StringComparer.Ordinal), known.Order(StringComparer.Ordinal));
        }

        private static CustomerState NewState(CatalogSnapshot catalog)
        {
            var state = new CustomerState(new CustomerKey(7, 8));
            state.BeginDefinitions(catalog);
            return state;
        }
    }
}
