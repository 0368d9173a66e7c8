using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Policies;
using PmOrleans.Decisioning.Profiles;
using static PmOrleans.Decisioning.Tests.TestCustomer;

namespace PmOrleans.Decisioning.Tests.Profiles;

/// <summary>The state is a function of the log, and every trial ends exactly once.</summary>
public sealed class FoldTests
{
    private static Config Repeatable => Config.QuickThrowOnFailure.WithReplay(20_261_122, 11).WithMaxTest(150);

    [Fact]
    public void folding_the_log_again_gives_the_live_state_to_the_byte() =>
        Check.One(Repeatable, Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            using var customer = Storm(seed, 80, check: storm => Assert.Equal(Bytes(storm.State), Bytes(storm.Refold())));
        }));

    [Fact]
    public void a_snapshot_at_any_record_and_the_tail_after_it_give_the_same_as_the_whole_log() =>
        Check.One(Repeatable, Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            var snapshots = new List<byte[]>();
            using var customer = Storm(seed, 80, check: storm => snapshots.Add(Bytes(storm.State)));
            var whole = Bytes(customer.Refold());

            Assert.All(snapshots, snapshot => Assert.Equal(whole, Bytes(customer.Refold(CustomerState.Read(customer.State.Key, snapshot)))));
        }));

    [Fact]
    public void one_customer_after_the_other_in_the_same_room_gives_what_each_gives_alone_though_less_of_the_log_is_read()
    {
        var room = new FoldRoom();
        Check.One(Repeatable, Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            using var customer = Storm(seed, 1 + (seed & 63), check: _ => { });

            Assert.Equal(Bytes(customer.State), customer.RefoldInRoom(room));
        }));
    }

    [Fact]
    public void the_beginning_of_a_stored_state_tells_whether_a_change_of_metrics_takes_its_history() =>
        Check.One(Repeatable, Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            using var customer = Storm(seed, seed & 15, check: _ => { });
            var saved = Bytes(customer.State);
            var before = new TestCatalog().Metric("views", MetricKind.Count, "view", TimeSpan.FromDays(7)).Build();
            foreach (var type in new[] { "view", "identify", "consent", "odd", "never" })
            {
                var live = new TestCatalog().Metric("views", MetricKind.Count, "view", TimeSpan.FromDays(7)).Metric("more", MetricKind.Count, type, TimeSpan.FromDays(7)).Build();
                var change = DefinitionsChange.Between(before, live)!;

                Assert.Equal(!CustomerState.Read(customer.State.Key, saved).TryRedefine(change, live), CustomerState.NeedsHistory(saved, change));
            }

            Assert.Equal(customer.State.DefinitionsHash, CustomerState.DefinitionsOf(saved));
        }));

    [Fact]
    public void giving_room_back_at_any_time_changes_nothing_that_is_folded() =>
        Check.One(Repeatable, Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            var records = 0;
            using var trimmed = Storm(seed, 80, check: storm =>
            {
                if (++records % 3 == 0)
                {
                    storm.State.Trim();
                }
            });

            Assert.Equal(Bytes(trimmed.Refold()), Bytes(trimmed.State));
        }));

    [Fact]
    public void a_list_longer_than_any_can_be_is_refused_with_its_length()
    {
        var lists = new PackedLists();
        for (var i = 0; i < PackedLists.MostPoints + 10; i++)
        {
            lists.Insert(7, new TimedPoint(i, 1), int.MaxValue);
        }

        // Beyond the most the oldest goes, whatever limit is asked for.
        Assert.Equal((PackedLists.MostPoints, 10L), (lists.Find(7).Length, lists.Find(7)[0].AtMicros));
        using var writer = new ByteWriter(256);
        using var customer = Storm(1, 5, check: _ => { });
        var saved = Bytes(customer.State);
        var first = customer.State.ListIdAt(0);
        var at = saved.AsSpan().IndexOf(BitConverter.GetBytes(first));
        writer.Raw(saved.AsSpan(0, at + sizeof(ulong)));
        writer.Count(PackedLists.MostPoints + 1);
        writer.Raw(new byte[16 * PackedLists.MostPoints]);

        var refused = Assert.Throws<CorruptDataException>(() => CustomerState.Read(customer.State.Key, writer.Written));

        Assert.Contains($"{PackedLists.MostPoints + 1} points", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void a_copy_shares_nothing_with_its_original()
    {
        using var customer = Storm(1, 60, check: _ => { });
        using var other = Storm(1, 60, check: _ => { });
        var before = Bytes(customer.State);
        other.State = customer.State.Clone();

        Rain(other, new Random(99), 60, _ => { });

        Assert.Equal(before, Bytes(customer.State));
        Assert.NotEqual(before, Bytes(other.State));
    }

    [Fact]
    public void deciding_reads_the_state_and_changes_no_byte_of_it()
    {
        using var customer = Storm(2, 60, check: _ => { });
        var before = Bytes(customer.State);

        customer.TryOut(customer.State.LastSeenMicros + 1, [new("home", 2, [])], [], "dry", explain: true);

        Assert.Equal(before, Bytes(customer.State));
    }

    [Fact]
    public void every_trial_is_resolved_exactly_once_and_carries_its_holdout() =>
        Check.One(Repeatable, Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            using var customer = Storm(seed, 80, check: _ => { });
            customer.Wake(customer.State.LastSeenMicros + (3 * Day));

            var facts = customer.Log.SelectMany(row => row.Facts.Select(fact => (row.Sequence, Fact: fact))).ToList();
            var trials = facts.Where(item => item.Fact is DecisionFact).SelectMany(item => ((DecisionFact)item.Fact).Placements
                .SelectMany(placement => placement.Offers.Select(offer => (placement, offer)))
                .Select((pair, slot) => (item.Sequence, Slot: slot, pair.placement.Holdout, pair.offer))).ToList();
            var outcomes = facts.Select(item => item.Fact).OfType<OutcomeFact>().ToLookup(fact => (fact.DecisionSequence, fact.Slot));

            Assert.NotEmpty(trials);
            foreach (var (sequence, slot, holdout, offer) in trials)
            {
                var mine = outcomes[(sequence, slot)].ToList();
                var resolved = Assert.Single(mine, fact => fact.Reward >= 0);
                Assert.All(mine, fact => Assert.Equal(holdout, fact.Holdout));
                var goal = mine.Exists(fact => fact.Event == OutcomeEvent.Click && fact.AtMicros <= offer.GoalUntilMicros
                    && mine.IndexOf(fact) <= mine.IndexOf(resolved));
                Assert.Equal(goal ? 1 : 0, resolved.Reward);
            }

            Assert.Empty(customer.State.Open.ToArray());
        }));

    [Fact]
    public void open_windows_are_bounded_and_the_oldest_without_a_hold_goes_first()
    {
        using var customer = new TestCustomer(new TestCatalog().Placement("home").Offers(new OfferSpec("a")).Build());

        for (var i = 0; i < CustomerState.MostOpenDecisions + 50; i++)
        {
            customer.Decide(Noon + i, "home");
        }

        Assert.True(customer.State.Open.Length <= CustomerState.MostOpenDecisions);
        Assert.Equal(51, customer.State.Open[0].Sequence);
        Assert.Equal(50, customer.Log.SelectMany(row => row.Facts).OfType<OutcomeFact>().Count(fact => fact is { Event: OutcomeEvent.Expired, Reward: 0 }));
    }

    [Fact]
    public void a_state_as_large_as_it_gets_is_read_back()
    {
        using var customer = Storm(3, 10, check: _ => { });
        for (var i = 0; i < TouchpointLimits.MessageHorizon + 100; i++)
        {
            customer.State.Apply(
                new TouchpointFact(new Touchpoint { CustomerId = "c", Type = "t" + (i % 300).ToString(CultureInfo.InvariantCulture) }, Noon, Noon, false, (ulong)i + 1),
                customer.State.Sequence,
                customer.Environment.Catalog);
        }

        var bytes = Bytes(customer.State);

        var read = CustomerState.Read(customer.State.Key, bytes);
        Assert.Equal(bytes, Bytes(read));
        Assert.False(read.HasMessage(100));
        Assert.True(read.HasMessage(101));
        Assert.True(read.HasMessage((ulong)TouchpointLimits.MessageHorizon + 100));
    }

    [Fact]
    public void of_consents_the_last_by_claimed_time_holds_and_at_the_same_time_the_refusal()
    {
        using var customer = new TestCustomer(new TestCatalog().Build());

        Say(granted: true, Noon);
        Say(granted: false, Noon - Minute);
        Assert.True(customer.State.TryGetConsent("mail", out var granted) && granted);

        Say(granted: false, Noon);
        Assert.True(customer.State.TryGetConsent("mail", out granted) && !granted);

        Say(granted: true, Noon);
        Assert.True(customer.State.TryGetConsent("mail", out granted) && !granted);

        void Say(bool granted, long at) => customer.Take(
            new Touchpoint { CustomerId = "c-1", Type = "consent", Purpose = "mail", Granted = granted, AtMicros = at }, Noon + Hour);
    }

    [Fact]
    public void a_record_out_of_order_is_refused()
    {
        using var customer = new TestCustomer(new TestCatalog().Build());
        customer.State.Apply(new IdentityFact("c"), 1, customer.Environment.Catalog);

        Assert.Throws<InvalidOperationException>(() => customer.State.Apply(new IdentityFact("c"), 3, customer.Environment.Catalog));
        Assert.Throws<InvalidOperationException>(() => customer.State.Apply(new IdentityFact("c"), 0, customer.Environment.Catalog));
    }

    private static TestCustomer Storm(int seed, int steps, Action<TestCustomer> check)
    {
        var random = new Random(seed);
        var customer = new TestCustomer(Catalog(random.Next(4) == 0 ? 1 : 0));
        var lease = customer.Environment.Leases[customer.Environment.Catalog.CampaignById["paid"].Number];
        lease.Grant(50_000_000, 0);
        Rain(customer, random, steps, check);
        return customer;
    }

    private static void Rain(TestCustomer customer, Random random, int steps, Action<TestCustomer> check)
    {
        var now = Math.Max(Noon, customer.State.LastSeenMicros);
        var decisions = 0;
        for (var step = 0; step < steps; step++)
        {
            now += random.Next(5) == 0 ? random.NextInt64(2 * Day) : random.NextInt64(10 * Minute);
            if (random.Next(3) == 0)
            {
                customer.Decide(now, "home", "other");
                decisions++;
            }
            else
            {
                customer.Take(RandomTouchpoint(random, now, decisions), now);
            }

            check(customer);
        }
    }

    private static Touchpoint RandomTouchpoint(Random random, long now, int decisions)
    {
        var type = new[] { "view", "click", "impression", "purchase", "identify", "consent", "dismiss", "rating", "odd" }[random.Next(9)];
        return new Touchpoint
        {
            CustomerId = "c-1",
            Type = type,
            MessageId = random.Next(2) == 0 ? "m" + random.Next(20).ToString(CultureInfo.InvariantCulture) : null,
            AtMicros = random.Next(3) switch { 0 => null, 1 => now - random.NextInt64(10 * Day), _ => now + random.NextInt64(5 * Minute) },
            Channel = random.Next(3) == 0 ? null : "web" + random.Next(3).ToString(CultureInfo.InvariantCulture),
            ValueMicros = random.Next(2) == 0 ? random.NextInt64(100_000_000) : null,
            DecisionId = decisions > 0 && random.Next(3) > 0 ? "d-" + random.Next(1, decisions + 1).ToString(CultureInfo.InvariantCulture) : null,
            OfferId = random.Next(2) == 0 ? "o" + random.Next(4).ToString(CultureInfo.InvariantCulture) : null,
            Set = type == "identify" ? [new("tier", PropertyValue.Of(random.Next(2) == 0 ? "gold" : "none")), new("age", PropertyValue.Of(random.Next(99)))] : [],
            Unset = type == "identify" && random.Next(3) == 0 ? ["age"] : [],
            Purpose = type == "consent" ? "mail" : null,
            Granted = type == "consent" ? random.Next(2) == 0 : null,
        };
    }

    private static CatalogSnapshot Catalog(double holdout) => new TestCatalog()
        .Attribute("tier", PmOrleans.Decisioning.Rules.CelType.String)
        .Metric("views1h", MetricKind.Count, "view", TimeSpan.FromHours(1))
        .Metric("spent7d", MetricKind.Sum, "purchase", TimeSpan.FromDays(7), "value")
        .Cap("imp", CappedEvent.Impression, CapPer.Offer, 4, TimeSpan.FromHours(1))
        .Cap("all", CappedEvent.Decision, CapPer.All, 20, TimeSpan.FromDays(1))
        .Policy("p", new() { Kind = ExplorationKind.EpsilonGreedy, Epsilon = 1 }, new Goal("click", TimeSpan.FromHours(20)))
        .Campaign("paid", new Budget(1_000_000_000, null, SettleOn.Impression, ReserveKind.Full, Paced: false))
        .Placement("home", slots: 2, policy: "p", holdout: holdout)
        .Placement("other", policy: "p", holdout: holdout)
        .Offers(
            new OfferSpec("o0") { Campaign = "paid", CostMicros = 300_000, Value = 9 },
            new OfferSpec("o1"),
            new OfferSpec("o2") { Rules = ["metrics.views1h < 5 || customer.tier == 'gold'"] },
            new OfferSpec("o3") { Group = "g" })
        .Build();
}
