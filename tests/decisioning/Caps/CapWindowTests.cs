using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using static PmOrleans.Decisioning.Tests.TestCustomer;

namespace PmOrleans.Decisioning.Tests.Caps;

public sealed class CapWindowTests
{
    [Fact]
    public void once_a_day_means_once_in_24_hours_to_the_microsecond()
    {
        using var customer = new TestCustomer(Catalog(CappedEvent.Decision, 1));

        Assert.Single(customer.Decide(Noon, "home").Placements[0].Offers);
        Assert.Empty(customer.Decide(Noon + Day - 1, "home").Placements[0].Offers);
        Assert.Single(customer.Decide(Noon + Day, "home").Placements[0].Offers);
    }

    [Fact]
    public void an_answer_reserves_its_place_until_the_hold_ends()
    {
        using var customer = new TestCustomer(Catalog(CappedEvent.Impression, 1));

        Assert.Single(customer.Decide(Noon, "home").Placements[0].Offers);
        Assert.Empty(customer.Decide(Noon + (15 * Minute) - 1, "home").Placements[0].Offers);
        Assert.Single(customer.Decide(Noon + (15 * Minute), "home").Placements[0].Offers);
    }

    [Fact]
    public void an_event_turns_the_reservation_into_a_count_and_uses_no_second_place()
    {
        using var customer = new TestCustomer(Catalog(CappedEvent.Impression, 2));
        customer.Decide(Noon, "home");

        customer.Take(Impression("d-1", Noon + Minute), Noon + Minute);

        Assert.Single(customer.Decide(Noon + (2 * Minute), "home").Placements[0].Offers);
        Assert.Empty(customer.Decide(Noon + (3 * Minute), "home").Placements[0].Offers);
    }

    [Fact]
    public void an_event_whose_sender_has_a_slow_clock_counts_from_its_decision_and_cannot_free_a_place()
    {
        using var customer = new TestCustomer(Catalog(CappedEvent.Impression, 1));
        customer.Decide(Noon, "home");

        customer.Take(Impression("d-1", Noon - (3 * Day)), Noon + Minute);

        Assert.Empty(customer.Decide(Noon + (2 * Minute), "home").Placements[0].Offers);
        Assert.Empty(customer.Decide(Noon + Day - 1, "home").Placements[0].Offers);
        Assert.Single(customer.Decide(Noon + Day, "home").Placements[0].Offers);
    }

    [Fact]
    public void an_event_from_elsewhere_only_suppresses()
    {
        using var customer = new TestCustomer(Catalog(CappedEvent.Impression, 1));

        customer.Take(new Touchpoint { CustomerId = "c-1", Type = "impression", OfferId = "a" }, Noon);

        Assert.Empty(customer.Decide(Noon + 1, "home").Placements[0].Offers);
    }

    [Fact]
    public void a_repeated_message_is_counted_once()
    {
        using var customer = new TestCustomer(Catalog(CappedEvent.Impression, 2));
        var seen = new Touchpoint { CustomerId = "c-1", Type = "impression", OfferId = "a", MessageId = "m" };

        customer.Take(seen, Noon);
        customer.Take(seen, Noon + 1);

        Assert.Single(customer.Decide(Noon + 2, "home").Placements[0].Offers);
    }

    [Fact]
    public void a_limit_of_zero_shuts_the_scope()
    {
        using var customer = new TestCustomer(Catalog(CappedEvent.Click, 0));

        Assert.Empty(customer.Decide(Noon, "home").Placements[0].Offers);
    }

    [Fact]
    public void an_event_claimed_ahead_of_the_clock_does_not_move_the_customers_time()
    {
        using var customer = new TestCustomer(Catalog(CappedEvent.Impression, 9));
        customer.Decide(Noon, "home");

        customer.Take(Impression("d-1", Noon + (4 * Minute)), Noon + 1);

        Assert.Equal(Noon + 1, customer.State.LastSeenMicros);
    }

    [Fact]
    public void a_cap_that_is_published_holds_a_place_for_what_was_answered_just_before()
    {
        using var customer = new TestCustomer(new TestCatalog().Placement("home").Offers(new OfferSpec("a")).Build());
        customer.Decide(Noon, "home");

        customer.Environment = customer.Environment with { Catalog = Catalog(CappedEvent.Impression, 1) };

        Assert.Empty(customer.Decide(Noon + (15 * Minute) - 1, "home").Placements[0].Offers);
        Assert.Single(customer.Decide(Noon + (15 * Minute), "home").Placements[0].Offers);
    }

    [Fact]
    public void an_impression_that_names_its_decision_alone_is_counted_after_the_reward_has_come()
    {
        using var customer = new TestCustomer(new TestCatalog()
            .Policy("default", new(), new Goal("click", TimeSpan.FromHours(1)), new() { RewardWindow = TimeSpan.FromHours(1) })
            .Cap("a-day", CappedEvent.Impression, CapPer.Offer, 1, TimeSpan.FromDays(1)).Placement("home").Offers(new OfferSpec("a")).Build());
        customer.Decide(Noon, "home");
        customer.Wake(Noon + (2 * Hour));

        customer.Take(Impression("d-1", Noon + (2 * Hour)), Noon + (2 * Hour));

        Assert.Empty(customer.Decide(Noon + (3 * Hour), "home").Placements[0].Offers);
    }

    [Fact]
    public void an_event_from_elsewhere_of_an_offer_out_of_the_catalog_counts_when_it_comes_back()
    {
        var with = Catalog(CappedEvent.Impression, 1);
        var without = new TestCatalog()
            .Cap("a-day", CappedEvent.Impression, CapPer.Offer, 1, TimeSpan.FromDays(1)).Placement("home").Offers(new OfferSpec("z"))
            .Build(version: 2, known: with.Registry);
        using var customer = new TestCustomer(with);
        customer.Environment = customer.Environment with { Catalog = without };
        customer.Take(new Touchpoint { CustomerId = "c-1", Type = "impression", OfferId = "a" }, Noon);

        customer.Environment = customer.Environment with { Catalog = with };

        Assert.Empty(customer.Decide(Noon + 1, "home").Placements[0].Offers);
    }

    [Fact]
    public void what_answers_a_closed_decision_counts_under_the_caps_of_its_channel_though_it_names_none()
    {
        using var customer = new TestCustomer(new TestCatalog()
            .Policy("default", new(), new Goal("click", TimeSpan.FromHours(1)), new() { RewardWindow = TimeSpan.FromHours(1) })
            .Cap("a-day", CappedEvent.Click, CapPer.Channel, 1, TimeSpan.FromDays(1)).Placement("home").Offers(new OfferSpec("a")).Build());
        customer.Decide(Noon, "home");
        customer.Wake(Noon + (2 * Hour));

        customer.Take(new Touchpoint { CustomerId = "c-1", Type = "click", DecisionId = "d-1", OfferId = "a" }, Noon + (2 * Hour));

        Assert.Empty(customer.Decide(Noon + (3 * Hour), "home").Placements[0].Offers);
    }

    [Fact]
    public void a_decision_nobody_made_counts_only_the_offer_that_is_named()
    {
        using var customer = new TestCustomer(Catalog(CappedEvent.Impression, 1));

        customer.Take(Impression("nobody's", Noon), Noon);
        Assert.Single(customer.TryOut(Noon, [new PlacementRequest("home", 1, [])], [], "d-0").Placements[0].Offers);
        customer.Take(Impression("nobody's", Noon) with { OfferId = "a" }, Noon + 1);

        Assert.Empty(customer.Decide(Noon + 2, "home").Placements[0].Offers);
    }

    private static CatalogSnapshot Catalog(CappedEvent capped, int limit) => new TestCatalog()
        .Cap("a-day", capped, CapPer.Offer, limit, TimeSpan.FromDays(1)).Placement("home").Offers(new OfferSpec("a")).Build();

    private static Touchpoint Impression(string decision, long at) =>
        new() { CustomerId = "c-1", Type = "impression", DecisionId = decision, AtMicros = at };
}
