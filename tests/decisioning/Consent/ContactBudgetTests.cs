using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using static PmOrleans.Decisioning.Tests.TestCustomer;

namespace PmOrleans.Decisioning.Tests.Consent;

public sealed class ContactBudgetTests
{
    [Fact]
    public void contacts_of_all_channels_are_counted_together_by_weight()
    {
        using var customer = new TestCustomer(Catalog(4));

        Assert.True(Contact(customer, "mail", Noon));
        Assert.True(Contact(customer, "app", Noon + 1));
        Assert.False(Contact(customer, "mail", Noon + 2));
        Assert.True(Contact(customer, "app", Noon + 3));
        Assert.False(Contact(customer, "app", Noon + 4));
        Assert.True(Contact(customer, "web", Noon + 5));
        Assert.True(Contact(customer, "mail", Noon + Day + 2));
    }

    [Fact]
    public void what_does_not_fit_any_more_is_removed_for_the_contact_budget()
    {
        using var customer = new TestCustomer(Catalog(1));

        var fact = customer.Decide(Noon, "mail");

        var removal = Assert.Single(TraceCodec.Read(fact.Placements[0].Trace.Span).Removed);
        Assert.Equal((RemovalReason.ContactBudget, "contacts"), (removal.Reason, customer.Environment.Catalog.Registry.IdOf(IdKind.Cap, removal.Detail)));
    }

    [Fact]
    public void a_channel_that_counts_nothing_stays_open_when_a_publish_puts_the_budget_below_what_was_used()
    {
        using var customer = new TestCustomer(Catalog(4));
        Assert.True(Contact(customer, "mail", Noon));
        Assert.True(Contact(customer, "mail", Noon + 1));

        customer.Environment = customer.Environment with { Catalog = Catalog(1) };

        Assert.False(Contact(customer, "app", Noon + 2));
        Assert.True(Contact(customer, "web", Noon + 3));
    }

    [Fact]
    public void an_answer_whose_impression_has_not_come_holds_its_weight_and_no_longer_than_the_hold()
    {
        using var customer = new TestCustomer(Catalog(3));
        customer.Decide(Noon, "mail");

        Assert.Empty(customer.Decide(Noon + 1, "mail").Placements[0].Offers);
        Assert.NotEmpty(customer.Decide(Noon + 2, "app").Placements[0].Offers);
        Assert.NotEmpty(customer.Decide(Noon + (16 * Minute), "mail").Placements[0].Offers);
    }

    /// <summary>Against a model that keeps every contact.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void the_weight_in_any_window_never_exceeds_the_budget_and_nothing_is_refused_that_fits(int seed)
    {
        const int limit = 7;
        var random = new Random(seed);
        using var customer = new TestCustomer(Catalog(limit));
        var contacts = new List<(long At, int Weight)>();
        var now = Noon;
        for (var i = 0; i < 500; i++)
        {
            now += random.NextInt64(Second, 5 * Hour);
            var (placement, weight) = random.Next(3) switch { 0 => ("mail", 2), 1 => ("app", 1), _ => ("web", 0) };
            var used = contacts.Where(contact => contact.At > now - Day).Sum(contact => contact.Weight);

            Assert.Equal(used + weight <= limit, Contact(customer, placement, now));

            if (used + weight <= limit)
            {
                contacts.Add((now, weight));
            }
        }
    }

    private static CatalogSnapshot Catalog(int limit) => new TestCatalog()
        .Placement("mail", channel: "email").Placement("app", channel: "app").Placement("web", channel: "web")
        .ContactBudget(CappedEvent.Impression, limit, TimeSpan.FromDays(1), ("email", 2), ("web", 0))
        .Offers(new OfferSpec("a")).Build();

    private static bool Contact(TestCustomer customer, string placement, long now)
    {
        var decision = customer.Decide(now, placement);
        if (decision.Placements[0].Offers.Length == 0)
        {
            return false;
        }

        customer.Take(new Touchpoint { CustomerId = "c-1", Type = "impression", DecisionId = decision.DecisionId }, now);
        return true;
    }
}
