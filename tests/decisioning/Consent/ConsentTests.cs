using System.Collections.Frozen;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Profiles;
using static PmOrleans.Decisioning.Tests.TestCustomer;

namespace PmOrleans.Decisioning.Tests.Consent;

public sealed class ConsentTests
{
    private static readonly ConsentRequirement Mail = new("mail", UnknownAllows: false)
    {
        Number = 1,
        ChannelToUnknownAllows = new Dictionary<string, bool>(StringComparer.Ordinal) { ["push"] = true }.ToFrozenDictionary(StringComparer.Ordinal),
    };

    /// <summary>What was said, as <c>purpose-wide;in the channel sms</c>: <c>+</c> granted, <c>-</c> denied, empty nothing.</summary>
    [Theory]
    [InlineData("", "", false)]
    [InlineData("+", "", true)]
    [InlineData("-", "", false)]
    [InlineData("", "+", true)]
    [InlineData("-", "+", true)]
    [InlineData("+", "-", false)]
    public void the_narrower_word_wins_whichever_came_first(string wide, string narrow, bool shown)
    {
        foreach (var narrowFirst in new[] { false, true })
        {
            using var customer = new TestCustomer(Catalog("sms"));
            foreach (var (word, channel) in narrowFirst ? new[] { (narrow, "sms"), (wide, null) } : [(wide, null), (narrow, "sms")])
            {
                if (word.Length > 0)
                {
                    Say(customer, Noon, word == "+", channel);
                }
            }

            Assert.Equal(shown, IsShown(customer, "home"));
        }
    }

    [Fact]
    public void a_word_about_one_channel_says_nothing_of_another()
    {
        using var customer = new TestCustomer(Catalog("web"));

        Say(customer, Noon, granted: true, "sms");

        Assert.False(IsShown(customer, "home"));
        Assert.Null(customer.State.LastChannel);
    }

    [Fact]
    public void silence_means_what_is_declared_for_the_channel()
    {
        using var push = new TestCustomer(Catalog("push"));
        using var web = new TestCustomer(Catalog("web"));

        Assert.True(IsShown(push, "home"));
        Assert.False(IsShown(web, "home"));
    }

    [Fact]
    public void of_two_words_at_the_same_time_the_refusal_holds_and_a_late_word_does_not_undo_a_later_one()
    {
        using var customer = new TestCustomer(Catalog("sms"));

        Say(customer, Noon, granted: false, "sms");
        Say(customer, Noon, granted: true, "sms");
        Assert.False(IsShown(customer, "home"));
        Say(customer, Noon + 2, granted: true, "sms");
        Say(customer, Noon + 1, granted: false, "sms");

        Assert.True(IsShown(customer, "home"));
    }

    [Fact]
    public void a_placement_that_needs_a_consent_shows_nothing_without_it_and_names_it()
    {
        var catalog = new TestCatalog { PlacementConsents = [Mail] }
            .Placement("home").Offers(new OfferSpec("a"), new OfferSpec("b") { Consents = [Mail] }).Build();
        using var customer = new TestCustomer(catalog);

        var removed = TraceCodec.Read(customer.Decide(Noon, "home").Placements[0].Trace.Span).Removed;

        Assert.Equal(2, removed.Count);
        Assert.All(removed, removal => Assert.Equal((RemovalReason.Consent, Mail.Number), (removal.Reason, removal.Detail)));
    }

    [Fact]
    public void words_by_channel_survive_a_snapshot_and_a_refold()
    {
        using var customer = new TestCustomer(Catalog("sms"));
        Say(customer, Noon, granted: true, "sms");
        Say(customer, Noon + 1, granted: false, null);

        var saved = CustomerState.Read(customer.State.Key, Bytes(customer.State));

        Assert.Equal(Bytes(customer.State), Bytes(saved));
        Assert.Equal(Bytes(customer.State), Bytes(customer.Refold()));
        Assert.True(saved.TryGetConsent("mail", "sms", out var granted) && granted);
        Assert.True(saved.TryGetConsent("mail", "web", out granted) && !granted);
    }

    private static CatalogSnapshot Catalog(string channel) =>
        new TestCatalog().Placement("home", channel: channel).Offers(new OfferSpec("a") { Consents = [Mail] }).Build();

    private static void Say(TestCustomer customer, long at, bool granted, string? channel) => customer.Take(
        new Touchpoint { CustomerId = "c-1", Type = "consent", AtMicros = at, Purpose = "mail", Granted = granted, Channel = channel }, at);

    private static bool IsShown(TestCustomer customer, string placement) => customer.Decide(Noon + Minute, placement).Placements[0].Offers.Length > 0;
}
