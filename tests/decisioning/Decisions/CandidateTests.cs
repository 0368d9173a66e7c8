using System.Globalization;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Rules;
using static PmOrleans.Decisioning.Tests.TestCustomer;

namespace PmOrleans.Decisioning.Tests.Decisions;

public sealed class CandidateTests
{
    [Theory]
    [InlineData("1 / counts.view > 0")]
    [InlineData("customer.age > 3")]
    [InlineData("consent.mail == 'granted'")]
    [InlineData("recency.purchase < duration('1h')")]
    [InlineData("context.device == 'mobile'")]
    public void a_rule_that_cannot_be_evaluated_removes_the_offer_with_that_reason(string rule)
    {
        using var customer = new TestCustomer(new TestCatalog()
            .Attribute("age", CelType.Int).Placement("home").Offers(new OfferSpec("a") { Rules = [rule] }, new OfferSpec("b")).Build());

        var trace = Trace(customer.Decide(Noon, "home"));

        Assert.Equal(RemovalReason.RuleError, Assert.Single(trace.Removed).Reason);
        Assert.Single(trace.Survivors);
    }

    [Fact]
    public void a_touchpoint_that_claims_the_year_1_does_not_break_recency()
    {
        using var customer = new TestCustomer(new TestCatalog()
            .Placement("home").Offers(new OfferSpec("a") { Rules = ["recency.view > duration('1h')"] }).Build());
        customer.Take(new Touchpoint { CustomerId = "c-1", Type = "view", AtMicros = -62_135_596_800L * Second }, Noon);

        Assert.Single(customer.Decide(Noon, "home").Placements[0].Offers);
    }

    [Fact]
    public void an_attribute_list_that_is_half_a_surrogate_is_absent_and_no_exception()
    {
        using var customer = new TestCustomer(new TestCatalog()
            .Attribute("tags", CelType.List(CelType.String)).Placement("home").Offers(new OfferSpec("a") { Rules = ["'x' in customer.tags"] }).Build());
        customer.Take(new Touchpoint { CustomerId = "c-1", Type = "identify", Set = [new("tags", PropertyValue.OfJson("[\"\\ud800\"]"))] }, Noon);

        Assert.Equal(RemovalReason.RuleError, Assert.Single(Trace(customer.Decide(Noon, "home")).Removed).Reason);
    }

    [Fact]
    public void a_customer_whose_list_names_a_value_twice_sees_its_offers_once()
    {
        using var customer = new TestCustomer(new TestCatalog()
            .Attribute("tags", CelType.List(CelType.String))
            .Placement("home")
            .Offers([.. Enumerable.Range(0, CandidateIndex.SmallPlacement + 1).Select(i => new OfferSpec("o" + i.ToString(CultureInfo.InvariantCulture))
            {
                Rules = [i < 3 ? "'x' in customer.tags" : "'y' in customer.tags"],
            })]).Build());
        customer.Take(new Touchpoint { CustomerId = "c-1", Type = "identify", Set = [new("tags", PropertyValue.OfJson("[\"x\",\"x\"]"))] }, Noon);

        var trace = Trace(customer.Decide(Noon, "home"));

        Assert.Equal(3, trace.Survivors.Count);
        Assert.Equal(CandidateIndex.SmallPlacement + 1 - 3, trace.Skipped);
    }

    [Fact]
    public void each_filter_gives_its_reason()
    {
        using var customer = new TestCustomer(new TestCatalog()
            .Cap("shut", CappedEvent.Decision, CapPer.Category, 0, TimeSpan.FromDays(1))
            .Campaign("over", end: Noon)
            .Campaign("broke", new Budget(5_000_000, null, SettleOn.Click, ReserveKind.Full, Paced: false))
            .Campaign("waiting", new Budget(5_000_000, null, SettleOn.Click, ReserveKind.Full, Paced: false))
            .Campaign("paused")
            .Placement("home")
            .Offers(
                new OfferSpec("ok"),
                new OfferSpec("flight") { Campaign = "over" },
                new OfferSpec("stock") { InStock = false },
                new OfferSpec("consent") { Consents = [new ConsentRequirement("mail", UnknownAllows: false)] },
                new OfferSpec("excluded"),
                new OfferSpec("rule") { Rules = ["counts.view > 3"] },
                new OfferSpec("cap") { Category = "shoes" },
                new OfferSpec("exhausted") { Campaign = "broke", CostMicros = 1_000_000, Value = 9 },
                new OfferSpec("pending") { Campaign = "waiting", CostMicros = 1_000_000, Value = 9 },
                new OfferSpec("paused") { Campaign = "paused" },
                new OfferSpec("pacing") { CostMicros = 2_000_000 })
            .Build());
        var catalog = customer.Environment.Catalog;
        customer.Environment.Leases[catalog.CampaignById["broke"].Number].TotalExhausted = true;
        customer.Environment.Leases[catalog.CampaignById["paused"].Number].Paused = true;

        var trace = Trace(customer.Decide(Noon, [new("home", 1, ["excluded"])], []));

        Assert.Equal("ok", catalog.Registry.IdOf(IdKind.Offer, Assert.Single(trace.Survivors).Offer));
        Assert.Equal(
            [
                ("cap", RemovalReason.Cap), ("consent", RemovalReason.Consent), ("excluded", RemovalReason.Excluded), ("exhausted", RemovalReason.BudgetExhausted),
                ("flight", RemovalReason.Flight), ("pacing", RemovalReason.Pacing), ("paused", RemovalReason.Paused), ("pending", RemovalReason.LeasePending),
                ("rule", RemovalReason.Eligibility), ("stock", RemovalReason.OutOfStock),
            ],
            trace.Removed.Select(removal => (catalog.Registry.IdOf(IdKind.Offer, removal.Offer)!, removal.Reason)).OrderBy(pair => pair.Item1, StringComparer.Ordinal));
    }

    [Fact]
    public void one_answer_holds_an_offer_and_an_exclusion_group_once_over_all_its_placements()
    {
        using var customer = new TestCustomer(new TestCatalog()
            .Placement("one", slots: 3).Placement("two", slots: 3)
            .Offers(new OfferSpec("a") { Group = "g" }, new OfferSpec("b") { Group = "g" }, new OfferSpec("c"), new OfferSpec("d"))
            .Build());

        for (var i = 0; i < 50; i++)
        {
            var offers = customer.Decide(Noon + i, "one", "two").Placements.SelectMany(placement => placement.Offers).Select(offer => offer.Offer).ToList();
            Assert.Equal(offers.Distinct(), offers);
            Assert.Single(offers, offer => offer is 1 or 2);
            Assert.Equal(3, offers.Count);
        }
    }

    [Fact]
    public void nothing_left_is_the_fallback_without_a_propensity()
    {
        using var customer = new TestCustomer(new TestCatalog()
            .Placement("home", fallback: "house").Offers(new OfferSpec("a") { Rules = ["false"] }).Build());

        var served = Assert.Single(customer.Decide(Noon, "home").Placements[0].Offers);

        Assert.True(served.IsFallback);
        Assert.Equal(0, served.Propensity);
        Assert.Empty(customer.State.Open.ToArray());
    }

    [Fact]
    public void scores_beyond_reason_are_removed_and_hold_no_money()
    {
        using var customer = new TestCustomer(new TestCatalog()
            .Campaign("c", new Budget(5_000_000, null, SettleOn.Click, ReserveKind.Full, Paced: false))
            .Placement("home").Offers(new OfferSpec("a") { Value = double.MaxValue, LeverPercent = 1e6, CostMicros = 1 }).Build());
        var lease = customer.Environment.Leases[customer.Environment.Catalog.CampaignById["c"].Number];
        lease.Grant(5_000_000, 0);

        Assert.Equal(RemovalReason.Pacing, Assert.Single(Trace(customer.Decide(Noon, "home")).Removed).Reason);
        Assert.Equal(5_000_000, lease.TotalMicros);
    }

    [Theory]
    [InlineData(3, 3, 0)]
    [InlineData(CandidateIndex.SmallPlacement + 1, 0, CandidateIndex.SmallPlacement + 1)]
    public void in_quiet_hours_nothing_is_shown_and_a_large_placement_is_counted_and_not_listed(int offers, int listed, int skipped)
    {
        using var customer = new TestCustomer(new TestCatalog()
            .Placement("home", quiet: new QuietHours(new TimeOnly(11, 0), new TimeOnly(13, 0), TimeZoneInfo.Utc))
            .Offers([.. Enumerable.Range(0, offers).Select(i => new OfferSpec("o" + i.ToString(CultureInfo.InvariantCulture)))]).Build());

        var fact = customer.Decide(Noon, "home");

        Assert.Empty(fact.Placements[0].Offers);
        Assert.Equal((listed, skipped), (Trace(fact).Removed.Count(removal => removal.Reason == RemovalReason.QuietHours), Trace(fact).Skipped));
        Assert.Single(customer.Decide(Noon + Hour, "home").Placements[0].Offers);
    }

    [Fact]
    public void the_same_decision_id_draws_the_same_again()
    {
        using var customer = new TestCustomer(new TestCatalog()
            .Placement("home", slots: 3).Offers([.. "abcdef".Select(letter => new OfferSpec(letter.ToString()))]).Build());

        var first = customer.TryOut(Noon, [new("home", 3, [])], [], "same").Placements[0].Offers;
        var second = customer.TryOut(Noon, [new("home", 3, [])], [], "same").Placements[0].Offers;

        Assert.Equal(first, second);
    }

    private static DecisionTrace Trace(DecisionFact fact) => TraceCodec.Read(fact.Placements[0].Trace.Span);
}
