using PmOrleans.Decisioning.Catalog;

namespace PmOrleans.Node.Tests.Catalog;

public sealed class ConsentCatalogTests
{
    [Fact]
    public void consents_quiet_hours_suppression_and_the_contact_budget_are_read_with_their_defaults()
    {
        var catalog = CatalogText.Snapshot("""
            catalog: { zone: Asia/Shanghai, zoneAttribute: timezone }
            attributes: { timezone: string }
            consents:
              marketing: { unknown: deny, channels: { push: allow } }
              profiling:
            contactBudget: [ { limit: 10, within: 7d, weights: { email: 2, web: 0 } } ]
            suppression:
              - { on: ignored, per: campaign, after: 5, within: 7d, pause: 14d }
              - { id: no-thanks, on: dismiss, per: channel, channel: push, pause: 30d }
            quietHours:
              push: { from: "22:00", until: "08:00", action: hold }
              email: { from: "20:00", until: "09:00", zone: UTC }
            placements:
              push: { channel: push, consent: [marketing] }
              letter: { channel: email }
              letter2: { channel: email, quietHours: { from: "01:00", until: "02:00" } }
            campaigns: { c: { offers: { o: { placements: [push], content: {} } } } }
            """);

        var marketing = catalog.Consents.Single(consent => consent.Purpose == "marketing");
        Assert.Equal((false, true), (marketing.UnknownAllows, marketing.ChannelToUnknownAllows["push"]));
        Assert.False(catalog.Consents.Single(consent => consent.Purpose == "profiling").UnknownAllows);
        Assert.Equal("marketing", Assert.Single(catalog.PlacementById["push"].Consents).Purpose);

        var budget = Assert.Single(catalog.CapScopes.Select(scope => scope.Cap).DistinctBy(cap => cap.Number));
        Assert.Equal(("contact-budget/impression/7d", CappedEvent.Impression, 10, true), (budget.Id, budget.Event, budget.Limit, budget.IsContactBudget));
        Assert.Equal((2, 0, 1), (budget.WeightOf(catalog.ChannelNumbers["email"]), budget.WeightOf(catalog.ChannelNumbers["web"]), budget.WeightOf(catalog.ChannelNumbers["push"])));

        var (ignored, dismissed) = (catalog.Suppression[0], catalog.Suppression[1]);
        Assert.Equal(("ignored/campaign", SuppressOn.Ignored, CapPer.Campaign, 5, TimeSpan.FromDays(14)), (ignored.Id, ignored.On, ignored.Per, ignored.After, ignored.Pause));
        Assert.Equal(("no-thanks", 1, catalog.ChannelNumbers["push"]), (dismissed.Id, dismissed.After, dismissed.Only));

        Assert.Equal((null, QuietAction.Hold), (catalog.PlacementById["push"].QuietHours!.Zone, catalog.PlacementById["push"].QuietHours!.Action));
        Assert.Equal("UTC", catalog.PlacementById["letter"].QuietHours!.Zone!.Id);
        Assert.Equal((new TimeOnly(1, 0), null), (catalog.PlacementById["letter2"].QuietHours!.From, catalog.PlacementById["letter2"].QuietHours!.Zone));
    }

    [Fact]
    public void without_a_zone_of_the_customer_quiet_hours_are_the_catalogs()
    {
        var catalog = CatalogText.Snapshot("""
            catalog: { zone: Asia/Shanghai }
            quietHours: { push: { from: "22:00", until: "08:00" } }
            placements: { push: { channel: push } }
            """);

        Assert.Equal("Asia/Shanghai", catalog.Placements[0].QuietHours!.Zone!.Id);
    }

    [Theory]
    [InlineData("contactBudget: [ { limit: 10, within: 7d, weights: { web: 2 } } ]", "contactBudget: [ { limit: 10, within: 7d, weights: { web: 3 } } ]")]
    [InlineData("suppression: [ { on: dismiss, per: offer, pause: 1d } ]", "suppression: [ { on: dismiss, per: offer, pause: 2d } ]")]
    public void what_profiles_are_folded_with_has_another_hash_when_it_changes(string before, string after)
    {
        const string offers = "\ncampaigns: { c: { offers: { o: { content: {} } } } }";
        var first = CatalogText.Snapshot(before + offers);

        var second = CatalogText.Snapshot(after + offers, first.Registry, 2);

        Assert.NotEqual(first.DefinitionsHash, second.DefinitionsHash);
        Assert.Single(CatalogDiff.Between(first, second));
    }
}
