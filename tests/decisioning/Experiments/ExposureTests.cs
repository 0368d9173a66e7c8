using System.Collections.Frozen;
using System.Collections.Immutable;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Experiments;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Policies;
using PmOrleans.Decisioning.Profiles;
using static PmOrleans.Decisioning.Tests.TestCustomer;

namespace PmOrleans.Decisioning.Tests.Experiments;

public sealed class ExposureTests
{
    [Fact]
    public void the_first_exposure_assigns_in_the_record_of_the_decision_and_later_ones_do_not()
    {
        using var customer = new TestCustomer(Base().Experiment(_ => AB(1)).Build());

        customer.Decide(Noon, "home");
        customer.Decide(Noon + 1, "home");

        var assigned = Assert.IsType<ExperimentAssignedFact>(customer.Log[0].Facts[0]);
        Assert.Equal((1, 0, Noon), (assigned.Experiment, assigned.Slot, assigned.AtMicros));
        Assert.Single(customer.Log[1].Facts);
        foreach (var row in customer.Log)
        {
            var exposure = Assert.Single(row.Facts.OfType<DecisionFact>().Single().Placements[0].Exposures);
            Assert.Equal((1, assigned.Variant, 0), (exposure.Experiment, exposure.Variant, exposure.Slot));
        }
    }

    [Fact]
    public void who_is_in_keeps_the_variant_whatever_becomes_of_share_weights_and_audience()
    {
        for (ulong key = 1; key <= 40; key++)
        {
            using var customer = new TestCustomer(Base().Experiment(_ => AB(1)).Build(), key);
            customer.Decide(Noon, "home");
            var before = customer.State.Experiments[0].Variant;

            customer.Environment = customer.Environment with
            {
                Catalog = Base().Experiment(parts => AB(1, share: 0, weight: before == 1 ? 0 : 1, audience: parts.Rule("counts.view > 100"))).Build(2),
            };
            var exposure = Assert.Single(customer.Decide(Noon + 1, "home").Placements[0].Exposures);

            Assert.Equal(before, exposure.Variant);
        }
    }

    [Fact]
    public void a_customer_outside_of_the_audience_or_the_time_or_the_share_is_not_in()
    {
        foreach (var experiment in new Func<TestCatalogParts, Experiment>[]
        {
            parts => AB(1, audience: parts.Rule("counts.view > 100")), _ => AB(1, end: Noon), _ => AB(1, start: Noon + 1), _ => AB(1, share: 0), _ => AB(1, placement: "other"),
        })
        {
            using var customer = new TestCustomer(Base().Experiment(experiment).Build());

            Assert.Empty(customer.Decide(Noon, "home").Placements[0].Exposures);
            Assert.True(customer.State.Experiments.IsEmpty);
        }
    }

    [Fact]
    public void one_is_in_one_experiment_of_a_layer_and_in_another_only_when_the_first_is_over()
    {
        var first = Base().Experiment(_ => AB(1, layer: true)).Build();
        // The second takes the layer's whole traffic, were it free.
        var both = Base().Experiment(_ => AB(1, layer: true)).Experiment(_ => AB(2, layer: true)).Build(2);
        var over = Base().Experiment(_ => AB(1, layer: true, end: Noon + 5)).Experiment(_ => AB(2, layer: true)).Build(3);
        using var customer = new TestCustomer(first);
        customer.Decide(Noon, "home");

        customer.Environment = customer.Environment with { Catalog = both };
        Assert.Equal([1], customer.Decide(Noon + 1, "home").Placements[0].Exposures.Select(exposure => exposure.Experiment));
        customer.Environment = customer.Environment with { Catalog = over };
        Assert.Equal([2], customer.Decide(Noon + 6, "home").Placements[0].Exposures.Select(exposure => exposure.Experiment));
    }

    [Fact]
    public void who_left_an_experiment_of_a_layer_for_another_is_not_back_in_both_when_the_first_runs_again()
    {
        var both = Base().Experiment(_ => AB(1, layer: true)).Experiment(_ => AB(2, layer: true)).Build();
        var over = Base().Experiment(_ => AB(1, layer: true, end: Noon + 5)).Experiment(_ => AB(2, layer: true)).Build(2);
        using var customer = new TestCustomer(both);
        customer.Decide(Noon, "home");
        customer.Environment = customer.Environment with { Catalog = over };
        customer.Decide(Noon + 6, "home");

        customer.Environment = customer.Environment with { Catalog = both };
        var again = customer.Decide(Noon + 7, "home");

        Assert.Equal([2], again.Placements[0].Exposures.Select(exposure => exposure.Experiment));
        Assert.Equal([1, 2], customer.State.Experiments.ToArray().Select(entry => entry.Experiment));
    }

    [Fact]
    public void a_variant_changes_policy_offers_creatives_and_levers()
    {
        var treatment = (TestCatalogParts parts) => new Experiment
        {
            Id = "e1",
            Number = 1,
            Share = 1,
            PlacementIds = ["home"],
            Variants =
            [
                new Variant
                {
                    Id = "b",
                    Number = 1,
                    Weight = 1,
                    Policy = parts.Policy("greedy"),
                    Without = [parts.Offer("c").Number],
                    Only = [parts.Offer("a").Number, parts.Offer("b").Number, parts.Offer("c").Number],
                    OfferToLever = new Dictionary<int, double> { [parts.Offer("b").Number] = 900 }.ToFrozenDictionary(),
                    OfferToCreatives = new Dictionary<int, ImmutableArray<Creative>> { [parts.Offer("b").Number] = [parts.Offer("b").Creatives[1]] }.ToFrozenDictionary(),
                },
            ],
        };
        using var customer = new TestCustomer(Base()
            .Policy("greedy", new ExplorationOptions { Kind = ExplorationKind.Greedy, Floor = 0 })
            .Experiment(treatment).Build());

        for (var i = 0; i < 20; i++)
        {
            var decided = customer.Decide(Noon + i, "home").Placements[0];
            var trace = TraceCodec.Read(decided.Trace.Span);
            var offer = Assert.Single(decided.Offers);
            var catalog = customer.Environment.Catalog;

            Assert.Equal("greedy", catalog.Registry.IdOf(IdKind.Policy, decided.Policy));
            Assert.Equal("a b", string.Join(' ', trace.Survivors.Select(survivor => catalog.Registry.IdOf(IdKind.Offer, survivor.Offer))));
            Assert.All(trace.Removed, removal => Assert.Equal((RemovalReason.Experiment, 1), (removal.Reason, removal.Detail)));
            Assert.Equal(trace.Survivors[0].Score * 10, trace.Survivors[1].Score, 1e-9);
            Assert.Equal((catalog.OfferById["b"].Number, catalog.OfferById["b"].Creatives[1].Number), (offer.Offer, offer.Creative));
        }

        Assert.Empty(customer.Decide(Noon + 30, "other").Placements[0].Exposures);
        Assert.Equal(4, TraceCodec.Read(customer.Decide(Noon + 31, "other").Placements[0].Trace.Span).Survivors.Count);
    }

    [Fact]
    public void events_carry_the_variants_of_their_decision_and_what_was_brought_before()
    {
        using var customer = new TestCustomer(Base().Experiment(_ => AB(1)).Experiment(_ => AB(2)).Build());
        customer.Decide(Noon, "home");

        Purchase(customer, "d-1", 5_000_000, Noon + 1);
        Purchase(customer, "d-1", 7_000_000, Noon + 2);

        var outcomes = customer.Log.SelectMany(row => row.Facts).OfType<OutcomeFact>().ToList();
        Assert.Equal([0, 5_000_000], outcomes.Select(outcome => outcome.Exposures[0].ValueBeforeMicros));
        Assert.All(outcomes, outcome => Assert.Equal([1, 2], outcome.Exposures.Select(exposure => exposure.Experiment).Order()));
        Assert.All(customer.State.Experiments.ToArray(), entry => Assert.Equal(12_000_000, entry.ValueMicros));
    }

    [Fact]
    public void the_global_holdout_is_served_by_chance_at_every_placement_and_is_in_no_experiment()
    {
        var catalog = Base().Experiment(_ => Holdout(.5)).Experiment(_ => AB(2, variant: 3)).Build();
        var held = 0;
        for (ulong key = 1; key <= 60; key++)
        {
            using var customer = new TestCustomer(catalog, key);

            var decision = customer.Decide(Noon, "home", "other");

            var isHeld = decision.Placements[0].Holdout;
            held += isHeld ? 1 : 0;
            Assert.All(decision.Placements, placement => Assert.Equal(isHeld, placement.Holdout));
            Assert.All(decision.Placements, placement => Assert.Equal(isHeld ? 1 : 2, placement.Exposures.Length));
            Assert.Equal(isHeld ? 1 : 2, decision.Placements[0].Exposures[0].Variant);
            if (isHeld)
            {
                Assert.All(TraceCodec.Read(decision.Placements[0].Trace.Span).Survivors, survivor => Assert.Equal(.25, survivor.Probability));
            }
        }

        Assert.InRange(held, 10, 50);
    }

    [Fact]
    public void a_holdout_that_grows_moves_a_customer_who_is_counted_anew_and_keeps_what_was_open_where_it_was()
    {
        for (ulong key = 1; key <= 60; key++)
        {
            using var customer = new TestCustomer(Base().Experiment(_ => Holdout(.1)).Build(), key);
            customer.Decide(Noon, "home");
            var before = customer.State.Experiments[0].Variant;
            customer.Environment = customer.Environment with { Catalog = Base().Experiment(_ => Holdout(.6)).Build(2) };

            var after = Assert.Single(customer.Decide(Noon + 1, "home").Placements[0].Exposures);
            Purchase(customer, "d-1", 1_000_000, Noon + 2);

            Assert.True(before == 2 || after.Variant == 1, "who is held out stays so");
            Assert.Equal(before == after.Variant ? 1 : 2, customer.State.Experiments.Length);
            Assert.Equal((before, 1_000_000), (customer.State.Experiments[0].Variant, customer.State.Experiments[0].ValueMicros));
        }
    }

    [Fact]
    public void a_customer_is_in_sixty_four_experiments_at_most_and_one_that_is_gone_gives_its_place_up()
    {
        var many = Base();
        for (var number = 1; number <= 70; number++)
        {
            var experiment = AB(number, variant: (2 * number) - 1);
            many.Experiment(_ => experiment);
        }

        using var customer = new TestCustomer(many.Build());

        Assert.Equal(64, customer.Decide(Noon, "home").Placements[0].Exposures.Length);

        // Without the first sixty there is room, but only once nothing waits for their decisions any more.
        many.ForgetExperiments(60);
        customer.Environment = customer.Environment with { Catalog = many.Build(2, customer.Environment.Catalog.Registry) };
        Assert.Equal(4, customer.Decide(Noon + 1, "home").Placements[0].Exposures.Length);
        Assert.Equal(10, customer.Decide(Noon + (3 * Day), "home").Placements[0].Exposures.Length);
        Assert.Equal(Bytes(customer.State), Bytes(CustomerState.Read(customer.State.Key, Bytes(customer.State))));
    }

    [Fact]
    public void a_customer_who_changes_sides_of_the_holdout_ever_so_often_is_counted_once_on_each_and_still_gets_into_experiments()
    {
        using var customer = new TestCustomer(Base().Experiment(_ => Holdout(0)).Build());
        var registry = customer.Environment.Catalog.Registry;
        for (var day = 0; day < 200; day++)
        {
            customer.Environment = customer.Environment with { Catalog = Base().Experiment(_ => Holdout(day % 2)).Build(day + 2, registry) };
            var decision = customer.Decide(Noon + (day * Day), "home");

            Assert.Equal(day % 2 == 1, decision.Placements[0].Holdout);
            var exposure = Assert.Single(decision.Placements[0].Exposures);
            Assert.Equal((2 - (day % 2), day % 2), (exposure.Variant, exposure.Slot));
        }

        customer.Environment = customer.Environment with
        {
            Catalog = Base().Experiment(_ => Holdout(0)).Experiment(_ => AB(2, variant: 3)).Build(300, registry),
        };
        Assert.Equal([1, 2], customer.Decide(Noon + (201 * Day), "home").Placements[0].Exposures.Select(exposure => exposure.Experiment));
        Assert.Equal(Bytes(customer.State), Bytes(customer.Refold()));
    }

    [Fact]
    public void in_quiet_hours_nobody_is_exposed()
    {
        using var customer = new TestCustomer(new TestCatalog()
            .Placement("home", quiet: new QuietHours(new TimeOnly(11, 0), new TimeOnly(13, 0), TimeZoneInfo.Utc))
            .Offers(new OfferSpec("a")).Experiment(_ => AB(1)).Build());

        Assert.Empty(customer.Decide(Noon, "home").Placements[0].Exposures);
        Assert.Single(customer.Decide(Noon + (2 * Hour), "home").Placements[0].Exposures);
    }

    [Fact]
    public void assignments_survive_a_snapshot_and_a_refold()
    {
        using var customer = new TestCustomer(Base().Experiment(_ => AB(1)).Experiment(_ => AB(2)).Build());
        customer.Decide(Noon, "home");
        Purchase(customer, "d-1", 5_000_000, Noon + 1);
        customer.Decide(Noon + 2, "home", "other");

        var saved = CustomerState.Read(customer.State.Key, Bytes(customer.State));

        Assert.Equal(Bytes(customer.State), Bytes(saved));
        Assert.Equal(customer.State.Open[^1].Exposed, saved.Open[^1].Exposed);
        Assert.Equal(Bytes(customer.State), Bytes(customer.Refold()));
    }

    /// <summary>The fold against a plain recount, over many customers with random events.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void the_books_equal_a_plain_recount(int seed)
    {
        var random = new Random(seed);
        var catalog = Base().Experiment(_ => Holdout(.2)).Experiment(_ => AB(2, share: .7, variant: 3)).Build();
        var book = new ExperimentBook();
        var counts = new Dictionary<(int, int), (long Customers, long Exposures, long Impressions, long Value)>();
        var values = new Dictionary<(ulong, int, int), long>();
        for (ulong key = 1; key <= 50; key++)
        {
            using var customer = new TestCustomer(catalog, key);
            for (var i = 0; i < 10; i++)
            {
                var decision = customer.Decide(Noon + (i * Hour), "home");
                customer.Take(new Touchpoint { CustomerId = "c-1", Type = "impression", DecisionId = decision.DecisionId }, Noon + (i * Hour) + 1);
                if (random.Next(3) == 0)
                {
                    Purchase(customer, decision.DecisionId!, random.NextInt64(100_000_000), Noon + (i * Hour) + 2);
                }
            }

            foreach (var fact in customer.Log.SelectMany(row => row.Facts))
            {
                book.Apply(fact);
                foreach (var assigned in fact is ExperimentAssignedFact one ? [one] : Array.Empty<ExperimentAssignedFact>())
                {
                    Add((assigned.Experiment, assigned.Variant), 1, 0, 0, 0);
                }

                foreach (var exposure in (fact as DecisionFact)?.Placements[0].Exposures ?? [])
                {
                    Add((exposure.Experiment, exposure.Variant), 0, 1, 0, 0);
                }

                foreach (var exposure in (fact as OutcomeFact)?.Exposures ?? [])
                {
                    var outcome = (OutcomeFact)fact;
                    Add((exposure.Experiment, exposure.Variant), 0, 0, outcome.Event == OutcomeEvent.Impression ? 1 : 0, outcome.ValueMicros);
                    var of = (key, exposure.Experiment, exposure.Variant);
                    values[of] = values.GetValueOrDefault(of) + outcome.ValueMicros;
                }
            }
        }

        using var writer = new ByteWriter();
        book.Write(writer);
        var reader = new ByteReader(writer.Written);
        var again = ExperimentBook.Read(ref reader);
        foreach (var (key, tally) in again.Tallies)
        {
            var counted = counts[key];
            var squares = values.Where(entry => (entry.Key.Item2, entry.Key.Item3) == key).Aggregate(Int128.Zero, (sum, entry) => sum + ((Int128)entry.Value * entry.Value));
            Assert.Equal(
                (counted.Customers, counted.Exposures, counted.Impressions, counted.Value, squares),
                (tally.Customers, tally.Exposures, tally.Impressions, tally.ValueMicros, tally.ValueSquares));
        }

        Assert.Equal(counts.Keys.Order(), again.Tallies.Keys.Order());

        void Add((int, int) key, long customers, long exposures, long impressions, long value)
        {
            var before = counts.GetValueOrDefault(key);
            counts[key] = (before.Customers + customers, before.Exposures + exposures, before.Impressions + impressions, before.Value + value);
        }
    }

    private static TestCatalog Base() => new TestCatalog()
        .Placement("home").Placement("other")
        .Offers(
            new OfferSpec("a"), new OfferSpec("b") { Creatives = [("b1", null), ("b2", null)] }, new OfferSpec("c"), new OfferSpec("d"));

    private static Experiment AB(
        int number, double share = 1, double weight = .5, int audience = -1, long start = long.MinValue, long end = long.MaxValue, bool layer = false, string? placement = null,
        int variant = 0)
    {
        var first = variant == 0 ? (2 * number) - 1 : variant;
        return new Experiment
        {
            Id = $"e{number}",
            Number = number,
            Layer = layer ? "layer" : null,
            LayerNumber = layer ? 1 : 0,
            Share = share,
            StartMicros = start,
            EndMicros = end,
            Audience = audience,
            PlacementIds = placement is null ? [] : [placement],
            Variants = [new Variant { Id = "a", Number = first, Weight = weight }, new Variant { Id = "b", Number = first + 1, Weight = 1 - weight }],
        };
    }

    private static Experiment Holdout(double share) => new()
    {
        Id = Experiment.GlobalHoldout,
        Number = 1,
        Share = share,
        Variants = [new Variant { Id = "held-out", Number = 1, Weight = share }, new Variant { Id = "targeted", Number = 2, Weight = 1 - share }],
    };

    private static void Purchase(TestCustomer customer, string decisionId, long value, long now) =>
        customer.Take(new Touchpoint { CustomerId = "c-1", Type = "purchase", DecisionId = decisionId, ValueMicros = value }, now);
}
