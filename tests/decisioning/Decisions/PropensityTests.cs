using System.Globalization;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Learning;
using PmOrleans.Decisioning.Policies;

namespace PmOrleans.Decisioning.Tests.Decisions;

/// <summary>Promise P6, through the decider itself.</summary>
public sealed class PropensityTests
{
    private const int Draws = 200_000;
    private const int OfferCount = 6;

    public static TheoryData<ExplorationKind> Kinds => [.. Enum.GetValues<ExplorationKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void two_hundred_thousand_draws_match_the_logged_propensities_of_slates_and_creatives(ExplorationKind kind)
    {
        using var customer = Customer(kind, holdout: 0);
        var firsts = new long[OfferCount + 1];
        var pairs = new Dictionary<(int First, int Second), long>();
        var pairToPropensity = new Dictionary<(int First, int Second), double>();
        var creatives = new Dictionary<int, long>();
        long ofTwoCreatives = 0;
        DecisionTrace? trace = null;
        var asked = new[] { new PlacementRequest("home", 2, []) };

        for (var draw = 0; draw < Draws; draw++)
        {
            var decision = customer.TryOut(TestCustomer.Noon, asked, [], "draw-" + draw.ToString(CultureInfo.InvariantCulture)).Placements[0];
            var (first, second) = (decision.Offers[0], decision.Offers[1]);
            firsts[first.Offer]++;
            var pair = (first.Offer, second.Offer);
            pairs[pair] = pairs.GetValueOrDefault(pair) + 1;
            if (first.Offer == 1)
            {
                ofTwoCreatives++;
                creatives[first.Creative] = creatives.GetValueOrDefault(first.Creative) + 1;
            }

            // The first offer of the catalog has two equally good creatives, every other one.
            var slate = first.Propensity * second.Propensity * (first.Offer == 1 || second.Offer == 1 ? 2 : 1);
            Assert.True(!pairToPropensity.TryGetValue(pair, out var logged) || Math.Abs(logged - slate) < 1e-15);
            pairToPropensity[pair] = slate;
            trace ??= TraceCodec.Read(decision.Trace.Span);
        }

        Assert.Equal(1, trace!.Survivors.Sum(survivor => survivor.Probability), 12);
        Chi.AssertFits(trace.Survivors.Select(survivor => (firsts[survivor.Offer], survivor.Probability)), Draws);
        Chi.AssertFits(pairs.Select(entry => (entry.Value, pairToPropensity[entry.Key])), Draws);
        Assert.True(pairToPropensity.Values.Sum() > .999, "slates that were never drawn have little probability");
        Assert.Equal(2, creatives.Count);
        Chi.AssertFits(creatives.Values.Select(count => (count, .5)), ofTwoCreatives);
    }

    [Fact]
    public void a_held_out_customer_is_served_evenly_and_logged_so()
    {
        using var customer = Customer(ExplorationKind.Greedy, holdout: 1);
        var counts = new long[OfferCount + 1];

        for (var draw = 0; draw < Draws; draw++)
        {
            var placement = customer.TryOut(TestCustomer.Noon, [new("home", 1, [])], [], "h-" + draw.ToString(CultureInfo.InvariantCulture)).Placements[0];
            Assert.True(placement.Holdout);
            Assert.Equal(1.0 / OfferCount / (placement.Offers[0].Offer == 1 ? 2 : 1), placement.Offers[0].Propensity, 15);
            counts[placement.Offers[0].Offer]++;
        }

        Chi.AssertFits(counts.Skip(1).Select(count => (count, 1.0 / OfferCount)), Draws);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void from_what_is_logged_every_probability_follows_again_to_the_bit(ExplorationKind kind)
    {
        using var customer = Customer(kind, holdout: 0);
        customer.Environment.Leases[customer.Environment.Catalog.CampaignById["paid"].Number].Grant(1_000_000_000, 0);
        customer.Environment.Leases[customer.Environment.Catalog.CampaignById["paid"].Number].Price = .037;

        for (var draw = 0; draw < 200; draw++)
        {
            var fact = customer.Decide(
                TestCustomer.Noon + draw, [new("home", 4, []), new("other", 2, [])], [new("device", PropertyValue.Of("mobile"))]);

            foreach (var placement in fact.Placements)
            {
                Replay(placement, customer.Environment.Catalog);
            }
        }
    }

    private static void Replay(PlacementDecision decision, CatalogSnapshot catalog)
    {
        var trace = TraceCodec.Read(decision.Trace.Span);
        var exploration = Explorations.Create(catalog.PolicyByNumber[decision.Policy].ExplorationOptions);
        var input = new ExplorationInput(trace.Observations, trace.ScoreScale);
        var first = new double[trace.Survivors.Count];
        exploration.Distribute(
            [.. trace.Survivors.Select(survivor => survivor.Score)], [.. trace.Survivors.Select(survivor => survivor.ScoreSpread)], in input, first);

        Assert.Equal(trace.Survivors.Select(survivor => Bits(survivor.Probability)), first.Select(Bits));
        CheckServed(decision.Offers[0], trace.Survivors.Single(survivor => survivor.Offer == decision.Offers[0].Offer).Probability);
        for (var slot = 1; slot < decision.Offers.Length; slot++)
        {
            var logged = trace.LaterSlots[slot - 1].Probabilities;
            var again = new double[logged.Count];
            exploration.Distribute(
                [.. logged.Select(pair => trace.Survivors[pair.Survivor].Score)],
                [.. logged.Select(pair => trace.Survivors[pair.Survivor].ScoreSpread)],
                in input,
                again);
            Assert.Equal(logged.Select(pair => Bits(pair.Probability)), again.Select(Bits));
            Assert.Equal(1, again.Sum(), 12);
            CheckServed(decision.Offers[slot], logged.Single(pair => trace.Survivors[pair.Survivor].Offer == decision.Offers[slot].Offer).Probability);
        }
    }

    private static void CheckServed(ServedOffer served, double probability) =>
        Assert.Equal(Bits(probability * (served.Offer == 1 ? .5 : 1)), Bits(served.Propensity));

    private static long Bits(double value) => BitConverter.DoubleToInt64Bits(value);

    private static TestCustomer Customer(ExplorationKind kind, double holdout)
    {
        var catalog = new TestCatalog()
            .Policy("p", new ExplorationOptions { Kind = kind, Floor = .12 })
            .Placement("home", slots: 4, policy: "p", holdout: holdout)
            .Placement("other", slots: 2, policy: "p", holdout: holdout)
            .Campaign("paid", new Budget(1_000_000_000, null, SettleOn.Click, ReserveKind.Expected, Paced: true))
            .Offers([.. Enumerable.Range(1, OfferCount).Select(i => new OfferSpec("o" + i.ToString(CultureInfo.InvariantCulture))
            {
                Value = 1 + (i * .1),
                Weights = i == 3 ? [("context.device == 'mobile'", 20)] : [],
                Creatives = i == 1 ? [("x", null), ("y", null)] : [("x", null)],
            }), new OfferSpec("costly") { Campaign = "paid", CostMicros = 70_000, Value = 1.4, Weights = [("context.device == 'mobile'", 10)] }])
            .Build();
        var policy = catalog.Policies.Single();
        var model = new BetaModel(policy.Number, policy.Model);
        var random = new Random(5);
        for (var trial = 0; trial < 400; trial++)
        {
            var arm = new ArmKey(policy.Number, 1 + (trial % OfferCount), 0);
            model.Trial(arm, TestCustomer.Noon);
            model.Resolve(arm, TestCustomer.Noon, TestCustomer.Noon, random.NextDouble() < .1 + (.05 * arm.Offer), 0);
        }

        var snapshots = new BetaSnapshot?[policy.Number + 1];
        snapshots[policy.Number] = model.Publish(TestCustomer.Noon);
        var customer = new TestCustomer(catalog);
        customer.Environment = customer.Environment with { Estimates = new ModelReplica(1, snapshots) };
        return customer;
    }
}
