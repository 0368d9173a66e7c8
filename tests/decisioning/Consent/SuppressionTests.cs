using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Policies;
using PmOrleans.Decisioning.Profiles;
using static PmOrleans.Decisioning.Tests.TestCustomer;

namespace PmOrleans.Decisioning.Tests.Consent;

public sealed class SuppressionTests
{
    private static readonly TimeSpan Week = TimeSpan.FromDays(7);

    [Fact]
    public void three_ignored_impressions_within_the_window_pause_the_campaign_from_the_last_one_on()
    {
        using var customer = new TestCustomer(Catalog(SuppressOn.Ignored, CapPer.Campaign, 3));
        for (var i = 0; i < 3; i++)
        {
            Assert.True(Show(customer, Noon + (i * 2 * Hour)));
        }

        // The third window is open still: an impression is not ignored before its end.
        Assert.True(Show(customer, Noon + (4 * Hour) + Minute));
        var ended = Noon + (4 * Hour) + Hour;
        Assert.False(Show(customer, ended));
        Assert.Equal(RemovalReason.Suppressed, Reason(customer));
        Assert.Equal(ended + Day, Assert.Single(customer.State.Suppressed.ToArray()).UntilMicros);
        Assert.False(Show(customer, ended + Day - 1));
        Assert.True(Show(customer, ended + Day));
    }

    [Fact]
    public void time_alone_begins_a_pause()
    {
        using var customer = new TestCustomer(Catalog(SuppressOn.Ignored, CapPer.Offer, 1));
        Show(customer, Noon);

        var facts = customer.Wake(customer.State.DueMicros);

        var fact = Assert.Single(facts.OfType<SuppressedFact>());
        Assert.Equal((CapPer.Offer, 1, Noon + Hour, Noon + Hour + Day), (fact.Per, fact.Over, fact.AtMicros, fact.UntilMicros));
    }

    [Theory]
    [InlineData("click")]
    [InlineData("purchase")]
    public void an_impression_that_led_to_something_is_not_ignored(string type)
    {
        using var customer = new TestCustomer(Catalog(SuppressOn.Ignored, CapPer.Campaign, 1, goal: "rating"));
        Show(customer, Noon);

        customer.Take(new Touchpoint { CustomerId = "c-1", Type = type, DecisionId = "d-1" }, Noon + Minute);

        Assert.True(Show(customer, Noon + (2 * Hour)));
        Assert.Empty(customer.State.Suppressed.ToArray());
    }

    [Fact]
    public void an_answer_that_was_never_seen_is_not_ignored()
    {
        using var customer = new TestCustomer(Catalog(SuppressOn.Ignored, CapPer.All, 1));
        customer.Decide(Noon, "home");

        Assert.True(Show(customer, Noon + (2 * Hour)));
    }

    [Fact]
    public void what_lies_further_apart_than_the_window_does_not_pause()
    {
        using var customer = new TestCustomer(Catalog(SuppressOn.Ignored, CapPer.Campaign, 2));

        Assert.True(Show(customer, Noon));
        Assert.True(Show(customer, Noon + (7 * Day)));
        Assert.True(Show(customer, Noon + (7 * Day) + (2 * Hour)));
        Assert.False(Show(customer, Noon + (7 * Day) + (4 * Hour)));
    }

    [Fact]
    public void after_a_pause_it_takes_as_many_again()
    {
        using var customer = new TestCustomer(Catalog(SuppressOn.Ignored, CapPer.Campaign, 2));
        Show(customer, Noon);
        Show(customer, Noon + (2 * Hour));
        Assert.False(Show(customer, Noon + (4 * Hour)));

        Assert.True(Show(customer, Noon + (3 * Day)));
        Assert.True(Show(customer, Noon + (3 * Day) + (2 * Hour)));
        Assert.False(Show(customer, Noon + (3 * Day) + (4 * Hour)));
    }

    [Theory]
    [InlineData(CapPer.Offer, true)]
    [InlineData(CapPer.Campaign, true)]
    [InlineData(CapPer.Category, true)]
    [InlineData(CapPer.Channel, false)]
    [InlineData(CapPer.All, false)]
    public void a_dismissal_pauses_at_once_and_only_what_the_rule_is_about(CapPer per, bool otherIsShown)
    {
        using var customer = new TestCustomer(Catalog(SuppressOn.Dismiss, per, 1));
        Show(customer, Noon);

        var facts = customer.Take(new Touchpoint { CustomerId = "c-1", Type = "dismiss", DecisionId = "d-1" }, Noon + Minute);

        Assert.Single(facts.OfType<SuppressedFact>());
        Assert.False(Show(customer, Noon + (2 * Minute)));
        Assert.Equal(otherIsShown, customer.Decide(Noon + (2 * Minute), "other").Placements[0].Offers.Length > 0);
    }

    [Fact]
    public void a_rule_that_the_catalog_has_no_more_pauses_nothing()
    {
        using var customer = new TestCustomer(Catalog(SuppressOn.Dismiss, CapPer.Offer, 1));
        Show(customer, Noon);
        customer.Take(new Touchpoint { CustomerId = "c-1", Type = "dismiss", DecisionId = "d-1" }, Noon + Minute);

        customer.Environment = customer.Environment with { Catalog = Base().Build(2, customer.Environment.Catalog.Registry) };

        Assert.True(Show(customer, Noon + (2 * Minute)));
    }

    [Fact]
    public void a_pause_survives_a_snapshot_and_a_refold()
    {
        using var customer = new TestCustomer(Catalog(SuppressOn.Ignored, CapPer.Campaign, 2));
        foreach (var at in (ReadOnlySpan<long>)[0, 2 * Hour, 4 * Hour, 30 * Hour, 32 * Hour, 34 * Hour, 60 * Hour])
        {
            Show(customer, Noon + at);
            Assert.Equal(Bytes(customer.State), Bytes(customer.Refold()));
            Assert.Equal(Bytes(customer.State), Bytes(CustomerState.Read(customer.State.Key, Bytes(customer.State))));
        }
    }

    /// <summary>Against a model that keeps everything: random decisions, impressions, clicks and dismissals over weeks.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void pauses_equal_a_recount_of_all_that_happened(int seed)
    {
        var random = new Random(seed);
        using var customer = new TestCustomer(Catalog(SuppressOn.Ignored, CapPer.Campaign, 3));
        var windows = new List<(long Ends, bool Seen, bool Clicked)>();
        var ignored = new List<long>();
        long now = Noon, pausedUntil = 0;
        var pauses = 0;
        for (var i = 0; i < 400; i++)
        {
            now += random.NextInt64(Minute, 30 * Hour);
            foreach (var window in windows.Where(window => window.Ends <= now && window.Seen && !window.Clicked).OrderBy(window => window.Ends).ToList())
            {
                ignored.Add(window.Ends);
                if (ignored.Count >= 3 && window.Ends - ignored[^3] < 7 * Day)
                {
                    pausedUntil = Math.Max(pausedUntil, window.Ends + Day);
                    ignored.Clear();
                    pauses++;
                }
            }

            windows.RemoveAll(window => window.Ends <= now);
            var decision = customer.Decide(now, "home");
            Assert.Equal(pausedUntil <= now, decision.Placements[0].Offers.Length > 0);
            if (decision.Placements[0].Offers.Length > 0)
            {
                var (seen, clicked) = (random.Next(5) > 0, random.Next(4) == 0);
                if (seen)
                {
                    customer.Take(new Touchpoint { CustomerId = "c-1", Type = "impression", DecisionId = decision.DecisionId }, now + 1);
                }

                if (clicked)
                {
                    customer.Take(new Touchpoint { CustomerId = "c-1", Type = "click", DecisionId = decision.DecisionId }, now + 2);
                }

                windows.Add((now + Hour, seen, clicked));
            }
        }

        Assert.True(pauses > 5, $"{pauses} pauses");
        Assert.Equal(Bytes(customer.State), Bytes(customer.Refold()));
    }

    private static TestCatalog Base(string goal = "click") => new TestCatalog { CapHold = TimeSpan.FromMinutes(1) }
        .Policy("default", new ExplorationOptions(), new Goal(goal, TimeSpan.FromHours(1)))
        .Placement("home").Placement("other")
        .Offers(
            new OfferSpec("a") { Category = "tea", Placements = ["home"] },
            new OfferSpec("b") { Campaign = "d", Category = "toys", Placements = ["other"] });

    private static CatalogSnapshot Catalog(SuppressOn on, CapPer per, int after, string goal = "click") =>
        Base(goal).Suppress("tired", on, per, after, Week, TimeSpan.FromDays(1)).Build();

    /// <summary>Decides and, if there is an answer, shows it.</summary>
    private static bool Show(TestCustomer customer, long now)
    {
        var decision = customer.Decide(now, "home");
        if (decision.Placements[0].Offers.Length == 0)
        {
            return false;
        }

        customer.Take(new Touchpoint { CustomerId = "c-1", Type = "impression", DecisionId = decision.DecisionId }, now + 1);
        return true;
    }

    private static RemovalReason Reason(TestCustomer customer) =>
        Assert.Single(TraceCodec.Read(customer.Log[^1].Facts.OfType<DecisionFact>().Single().Placements[0].Trace.Span).Removed).Reason;
}
