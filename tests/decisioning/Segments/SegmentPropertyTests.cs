using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Profiles;
using PmOrleans.Decisioning.Rules;
using PmOrleans.Decisioning.Segments;
using PmOrleans.Decisioning.Segments.Rfm;

namespace PmOrleans.Decisioning.Tests.Segments;

/// <summary>The remembered membership against rules asked afresh, on random catalogs, histories and leaps of time.</summary>
public sealed class SegmentPropertyTests
{
    private static readonly string[] Types = ["view", "view", "purchase", "cart_add", "identify", "consent", "impression"];
    private static readonly string[] Tiers = ["none", "silver", "gold"];

    private static readonly string[] Rules =
    [
        "metrics.views7d > 3",
        "metrics.spend1d >= 100.0 && customer.tier == 'gold'",
        "metrics.views7d == 0",
        "customer.tier == 'silver'",
        "has(counts.purchase) && counts.purchase > 1",
        "recency.purchase > duration('36h')",
        "recency.view <= duration('10m')",
        "value.purchase > 150.0",
        "customer.lastChannel == 'app'",
        "consent.mail == 'granted'",
        "rfm.r >= 4",
        "rfm.cell in [555, 554, 545, 111]",
        "metrics.spend1d > double(metrics.views7d) * 20.0",
    ];

    [Fact]
    public void what_is_remembered_is_what_the_rules_say_after_every_command_and_until_it_is_due() =>
        Check.One(
            Config.QuickThrowOnFailure.WithReplay(20_261_124, 7).WithMaxTest(250),
            Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed => Run(new Random(seed))));

    [Fact]
    public void who_has_left_every_segment_is_stored_as_one_who_was_never_in_any()
    {
        // More than 64: those beyond have room of their own.
        var catalog = new TestCatalog().Attribute("tier", CelType.String, CelValue.Of("none")).Placement("home").Offers(new OfferSpec("a"));
        for (var i = 0; i < 70; i++)
        {
            catalog.Segment(string.Create(CultureInfo.InvariantCulture, $"s{i}"), "customer.tier == 'gold'");
        }

        using var customer = new TestCustomer(catalog.Build());
        customer.Take(Tier("gold"), TestCustomer.Noon);
        Assert.Equal(70, customer.State.SegmentCount);

        customer.Take(Tier("none"), TestCustomer.Noon + TestCustomer.Hour);

        Assert.Equal(0, customer.State.SegmentCount);
        var stored = TestCustomer.Bytes(customer.State);
        Assert.Equal(stored, TestCustomer.Bytes(CustomerState.Read(customer.State.Key, stored)));

        static Touchpoint Tier(string tier) => new() { CustomerId = "c-1", Type = "identify", MessageId = tier, Set = [new("tier", PropertyValue.Of(tier))] };
    }

    private static void Run(Random random)
    {
        var catalog = RandomCatalog(random);
        var edges = new RfmEdges(1, 0, 10, [TestCustomer.Hour, TestCustomer.Day, 2 * TestCustomer.Day, 9 * TestCustomer.Day], [1, 2, 3, 4], [50_000_000, 90_000_000, 200_000_000, 900_000_000]);
        using var customer = new TestCustomer(catalog);
        customer.Environment = customer.Environment with { Rfm = edges };
        var now = TestCustomer.Noon;
        for (var step = 0; step < 50; step++)
        {
            now = Math.Max(now + Step(random), customer.State.LastSeenMicros);
            switch (random.Next(6))
            {
                case 0:
                    customer.Wake(now);
                    break;
                case 1:
                    customer.Decide(now, "home");
                    break;
                case 2 when customer.State.SegmentsDueMicros < long.MaxValue:
                    // To the moment itself: the microsecond before is checked below.
                    now = Math.Max(now, customer.State.SegmentsDueMicros);
                    customer.Wake(now);
                    break;
                case 3 when random.Next(4) == 0:
                    catalog = RandomCatalog(random, catalog.Registry);
                    customer.Environment = customer.Environment with { Catalog = catalog, Rfm = edges with { Generation = edges.Generation + step } };
                    customer.State = customer.Refold();
                    customer.Wake(now);
                    break;
                default:
                    customer.Take(RandomTouchpoint(random, step, now), now);
                    break;
            }

            if (customer.State.Sequence > 0)
            {
                CheckAt(customer, now);
                CheckAt(customer, now + (random.NextInt64() & long.MaxValue) % Math.Max(1, Math.Min(customer.State.SegmentsDueMicros, now + (30 * TestCustomer.Day)) - now));
                CheckAt(customer, Math.Max(now, Math.Min(customer.State.SegmentsDueMicros, now + (400 * TestCustomer.Day)) - 1));
            }
        }

        // The log is the judge: folded again it says the same, and so do the facts alone.
        var folded = customer.Refold();
        Assert.Equal(TestCustomer.Bytes(customer.State), TestCustomer.Bytes(folded));
        Assert.Equal(Recount(customer), folded.SegmentNumbers());
    }

    /// <summary>What the state knows at a time before it is due, against every rule asked afresh.</summary>
    private static void CheckAt(TestCustomer customer, long now)
    {
        var (catalog, rfm) = (customer.Environment.Catalog, customer.Environment.Rfm);
        Assert.False(SegmentTracker.IsDue(customer.State, customer.Environment, now));
        // Without what is remembered beside the facts.
        var bare = CustomerState.Read(customer.State.Key, TestCustomer.Bytes(customer.State));
        Assert.Equal(TestCustomer.Bytes(customer.State), TestCustomer.Bytes(bare));
        var asked = SegmentMembership.Of(bare, catalog, now, rfm).Order(StringComparer.Ordinal);
        var known = catalog.Segments.Where(segment => customer.State.IsInSegment(segment.Number)).Select(segment => segment.Id).Order(StringComparer.Ordinal);

        Assert.Equal(asked, known);
        Assert.Equal(known, SegmentMembership.Of(customer.State, catalog, now, rfm).Order(StringComparer.Ordinal));
    }

    private static IEnumerable<int> Recount(TestCustomer customer)
    {
        var members = new SortedSet<int>();
        foreach (var change in customer.Log.SelectMany(row => row.Facts).OfType<SegmentChangeFact>())
        {
            Assert.All(change.Left, number => Assert.True(members.Remove(number)));
            Assert.All(change.Entered, number => Assert.True(members.Add(number)));
        }

        return members;
    }

    private static CatalogSnapshot RandomCatalog(Random random, IdRegistry? known = null)
    {
        var catalog = new TestCatalog()
            .Attribute("tier", CelType.String, CelValue.Of("none"))
            .Metric("views7d", MetricKind.Count, "view", TimeSpan.FromDays(7))
            .Metric("spend1d", MetricKind.Sum, "purchase", TimeSpan.FromDays(1), "value")
            .Rfm("purchase")
            .Placement("home")
            .Offers(new OfferSpec("a") { Rules = ["'s1' in segments"] }, new OfferSpec("b"));
        var count = random.Next(2, 90);
        for (var i = 0; i < count; i++)
        {
            var rule = Rules[random.Next(Rules.Length)];
            if (i > 1 && random.Next(4) == 0)
            {
                rule = string.Create(CultureInfo.InvariantCulture, $"({rule}) || 's{random.Next(i)}' in segments");
            }
            else if (random.Next(3) == 0)
            {
                rule = string.Create(CultureInfo.InvariantCulture, $"customer.tier == '{Tiers[random.Next(3)]}' && ({rule})");
            }

            catalog.Segment(string.Create(CultureInfo.InvariantCulture, $"s{i}"), rule);
        }

        return catalog.Build(1, known);
    }

    private static long Step(Random random) => random.Next(5) switch
    {
        0 => 0,
        1 => random.Next(1, 1_000),
        2 => random.NextInt64(TestCustomer.Hour),
        3 => random.NextInt64(2 * TestCustomer.Day),
        _ => random.NextInt64(8 * TestCustomer.Day),
    };

    private static Touchpoint RandomTouchpoint(Random random, int step, long now)
    {
        var type = Types[random.Next(Types.Length)];
        return new Touchpoint
        {
            CustomerId = "c-1",
            Type = type,
            MessageId = random.Next(5) == 0 ? "again" : string.Create(CultureInfo.InvariantCulture, $"m-{step}"),
            AtMicros = random.Next(3) switch { 0 => now - random.NextInt64(9 * TestCustomer.Day), 1 => now + random.NextInt64(5 * TestCustomer.Minute), _ => null },
            Channel = random.Next(2) == 0 ? "app" : "web",
            ValueMicros = type == "purchase" ? random.Next(1, 200) * 1_000_000L : null,
            Set = type == "identify" && random.Next(3) > 0 ? [new("tier", PropertyValue.Of(Tiers[random.Next(3)]))] : [],
            Unset = type == "identify" && random.Next(3) == 0 ? ["tier"] : [],
            Purpose = type == "consent" ? "mail" : null,
            Granted = type == "consent" ? random.Next(2) == 0 : null,
        };
    }
}
