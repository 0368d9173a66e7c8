using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Policies;
using static PmOrleans.Decisioning.Tests.TestCustomer;

namespace PmOrleans.Decisioning.Tests.Attribution;

/// <summary>Which decision an event belongs to, and what it does there.</summary>
public sealed class AttributionTests
{
    public static TheoryData<string, string?, string?, long, string> Cases => new()
    {
        // type, decision, offer, minutes after noon -> "sequence/offer" of what it is attributed to; "elsewhere/offer"; "" for nothing
        // d-1 at 0 (record 1) answers a and b; d-2 at 10 (record 2) answers b and a; d-1's first rank was clicked at 20 (record 3)
        { "impression", "d-1", null, 30, "1/a 1/b" },
        { "impression", "d-1", "b", 30, "1/b" },
        { "impression", null, "a", 30, "2/a" },
        { "impression", null, "a", 4, "1/a" },
        { "impression", null, null, 30, "" },
        { "impression", "unknown", "a", 30, "elsewhere/a" },
        { "impression", "d-1", "nobody", 30, "" },
        { "click", "d-2", null, 30, "2/b" },
        { "click", "d-2", "a", 30, "2/a" },
        { "click", null, "b", 30, "2/b" },
        { "click", null, null, 30, "" },
        { "purchase", null, "a", 30, "2/a" },
        { "purchase", null, null, 30, "1/a" },
        { "purchase", "d-2", null, 30, "2/b" },
        { "purchase", null, "c", 30, "elsewhere/c" },
        { "signup", null, null, 30, "1/a" },
        { "dismiss", null, "b", 30, "2/b" },
        { "rating", "d-1", "a", 30, "1/a" },
        { "view", "d-1", "a", 30, "" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void an_event_goes_where_the_rules_of_last_touch_say(string type, string? decision, string? offer, long minutes, string expected)
    {
        using var customer = new TestCustomer(Catalog());
        Serve(customer, Noon, "b");
        Serve(customer, Noon + (10 * Minute), "a");
        customer.Take(new Touchpoint { CustomerId = "c-1", Type = "click", DecisionId = "d-1", AtMicros = Noon + (20 * Minute) }, Noon + (20 * Minute));

        var outcomes = customer.Take(
            new Touchpoint { CustomerId = "c-1", Type = type, DecisionId = decision, OfferId = offer, AtMicros = Noon + (minutes * Minute) },
            Noon + (40 * Minute)).OfType<OutcomeFact>();

        Assert.Equal(expected, Attributed(customer, outcomes));
    }

    /// <summary>At noon an answer of two offers, of which the one of the placement "brief" closes after half an hour, the other a day later.</summary>
    [Theory]
    [InlineData("impression", "brief", "home", 20, "1/a 1/b")]
    [InlineData("impression", "brief", "home", 40, "elsewhere/a 1/b")]
    [InlineData("impression", "home", "brief", 40, "1/a elsewhere/b")]
    [InlineData("impression", "home", "brief", 1500, "elsewhere/a elsewhere/b")]
    [InlineData("click", "brief", "home", 20, "1/a")]
    [InlineData("click", "brief", "home", 40, "elsewhere/a")]
    [InlineData("click", "home", "brief", 40, "1/a")]
    public void an_event_without_an_offer_means_the_same_offers_whichever_of_them_have_closed(
        string type, string first, string second, long minutes, string expected)
    {
        using var customer = new TestCustomer(Catalog());
        customer.Decide(Noon, [new(first, 1, ["c", "b"]), new(second, 1, ["c", "a"])], []);
        customer.Wake(Noon + (minutes * Minute));

        var outcomes = customer.Take(new Touchpoint { CustomerId = "c-1", Type = type, DecisionId = "d-1" }, Noon + (minutes * Minute)).OfType<OutcomeFact>();

        Assert.Equal(expected, Attributed(customer, outcomes));
    }

    [Fact]
    public void the_goal_inside_the_window_is_rewarded_once()
    {
        using var customer = new TestCustomer(Catalog());
        Serve(customer, Noon, "b");

        var first = Click(customer, Noon + Minute);
        var second = Click(customer, Noon + (2 * Minute));

        Assert.Equal(1, first.Reward);
        Assert.Equal(-1, second.Reward);
    }

    [Fact]
    public void the_end_of_the_window_resolves_to_the_default_reward_and_a_later_goal_teaches_nothing()
    {
        using var customer = new TestCustomer(Catalog());
        Serve(customer, Noon, "b");

        var ended = customer.Wake(Noon + Day).OfType<OutcomeFact>().ToList();
        var late = customer.Take(
            new Touchpoint { CustomerId = "c-1", Type = "click", DecisionId = "d-1", OfferId = "a", AtMicros = Noon + Hour }, Noon + Day + 1).OfType<OutcomeFact>();

        Assert.All(ended, fact => Assert.Equal((OutcomeEvent.Expired, 0), (fact.Event, fact.Reward)));
        Assert.Equal(2, ended.Count);
        Assert.All(late, fact => Assert.Equal((-1, true), (fact.Reward, fact.Late)));
    }

    [Fact]
    public void an_event_older_than_five_minutes_is_marked_late_and_still_counts()
    {
        using var customer = new TestCustomer(Catalog());
        Serve(customer, Noon, "b");

        var facts = customer.Take(
            new Touchpoint { CustomerId = "c-1", Type = "click", DecisionId = "d-1", AtMicros = Noon + Minute }, Noon + (6 * Minute) + 1);

        Assert.True(Assert.IsType<TouchpointFact>(facts[0]).Late);
        var outcome = Assert.IsType<OutcomeFact>(facts[1]);
        Assert.Equal((true, 1), (outcome.Late, outcome.Reward));
    }

    [Fact]
    public void a_total_budget_declared_after_the_decision_is_not_spent_without_a_lease()
    {
        var before = Paid(null, 1, null);
        using var customer = new TestCustomer(before);
        customer.Decide(Noon, "home");
        customer.Environment = customer.Environment with { Catalog = Paid(1_000_000, 2, before.Registry) };

        var unbilled = Click(customer, Noon + Minute);

        Assert.Equal((0L, 400_000L), (unbilled.SettledMicros, unbilled.UnbilledMicros));
    }

    [Fact]
    public void a_total_budget_declared_after_the_decision_pays_from_its_lease()
    {
        var before = Paid(null, 1, null);
        using var customer = new TestCustomer(before);
        customer.Decide(Noon, "home");
        customer.Environment = customer.Environment with { Catalog = Paid(1_000_000, 2, before.Registry) };
        var lease = customer.Environment.Leases[before.CampaignById["paid"].Number];
        lease.Grant(1_000_000, 0);

        var settled = Click(customer, Noon + Minute);

        Assert.Equal((400_000L, 0L, true), (settled.SettledMicros, settled.UnbilledMicros, settled.ChargesTotal));
        Assert.Equal(600_000, lease.TotalMicros);
    }

    private static string Attributed(TestCustomer customer, IEnumerable<OutcomeFact> outcomes) => string.Join(' ', outcomes.Select(fact =>
        (fact.DecisionSequence == 0 ? "elsewhere" : fact.DecisionSequence.ToString(System.Globalization.CultureInfo.InvariantCulture))
        + "/" + customer.Environment.Catalog.Registry.IdOf(IdKind.Offer, fact.Offer)));

    private static OutcomeFact Click(TestCustomer customer, long now) => Assert.IsType<OutcomeFact>(customer.Take(
        new Touchpoint { CustomerId = "c-1", Type = "click", DecisionId = "d-1" }, now)[^1]);

    /// <summary>Two offers, the named one last.</summary>
    private static void Serve(TestCustomer customer, long now, string last)
    {
        var first = last == "a" ? "b" : "a";
        customer.Decide(now, [new("home", 1, ["c", last]), new("second", 1, ["c", first])], []);
    }

    private static CatalogSnapshot Catalog() => new TestCatalog()
        .Policy("p", new() { Kind = ExplorationKind.Greedy }, new Goal("click", TimeSpan.FromDays(1)))
        .Policy("q", new() { Kind = ExplorationKind.Greedy }, new Goal("signup", TimeSpan.FromDays(1)))
        .Policy("s", new() { Kind = ExplorationKind.Greedy }, new Goal("click", TimeSpan.FromMinutes(30)))
        .Placement("home", policy: "p").Placement("second", policy: "p").Placement("third", policy: "q").Placement("brief", policy: "s")
        .Offers(new OfferSpec("a"), new OfferSpec("b"), new OfferSpec("c"))
        .Build();

    /// <summary>Before the total is declared there is no budget, but a cost.</summary>
    private static CatalogSnapshot Paid(long? total, int version, IdRegistry? known) => new TestCatalog()
        .Campaign("paid", total is null ? null : new Budget(total, null, SettleOn.Click, ReserveKind.Full, Paced: false))
        .Placement("home")
        .Offers(new OfferSpec("a") { Campaign = "paid", CostMicros = 400_000, Value = 5 })
        .Build(version, known);
}
