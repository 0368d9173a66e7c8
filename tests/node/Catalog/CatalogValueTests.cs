using System.Text.Json;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Policies;

namespace PmOrleans.Node.Tests.Catalog;

public sealed class CatalogValueTests
{
    [Theory]
    [InlineData("2026-03-01", "Asia/Shanghai", "2026-02-28T16:00:00Z")]
    [InlineData("2026-03-01T10:00:00+08:00", "UTC", "2026-03-01T02:00:00Z")]
    [InlineData("2026-03-01T10:00Z", "UTC", "2026-03-01T10:00:00Z")]
    [InlineData("2026-03-01 10:00:00.5-05:30", "UTC", "2026-03-01T15:30:00.5Z")]
    [InlineData("0001-01-01", "Asia/Shanghai", "0001-01-01T00:00:00Z")]
    [InlineData("0001-01-01T00:00:00+14:00", "UTC", "0001-01-01T00:00:00Z")]
    [InlineData("9999-12-31", "UTC", "9999-12-31T00:00:00Z")]
    [InlineData("9999-12-31T23:59:59-14:00", "UTC", "9999-12-31T23:59:59.999999Z")]
    // clocks jump from 0:00 to 1:00: the day begins at 1:00 summer time
    [InlineData("2024-09-08", "America/Santiago", "2024-09-08T04:00:00Z")]
    public void a_moment_is_read_exactly_and_the_ends_of_the_calendar_are_kept(string written, string zone, string expected)
    {
        var key = written.StartsWith("9999", StringComparison.Ordinal) ? "end" : "start";

        var campaign = CatalogText.Snapshot($"campaigns: {{ c: {{ zone: {zone}, {key}: {written} }} }}").Campaigns[0];

        var micros = key == "end" ? campaign.EndMicros : campaign.StartMicros;
        Assert.Equal(DateTimeOffset.Parse(expected).UtcTicks / 10, micros + DateTime.UnixEpoch.Ticks / 10);
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("0.000001", 1)]
    [InlineData("12.5", 12_500_000)]
    [InlineData("1e3", 1_000_000_000)]
    [InlineData("1000000000000", 1_000_000_000_000_000_000)]
    public void an_amount_is_exact_to_the_micro(string written, long micros)
    {
        var budget = CatalogText.Snapshot($"campaigns: {{ c: {{ budget: {{ total: {written} }} }} }}").Campaigns[0].Budget!;

        Assert.Equal(micros, budget.TotalMicros);
        Assert.Equal((SettleOn.Decision, ReserveKind.Full, false), (budget.SettleOn, budget.Reserve, budget.Paced));
    }

    [Fact]
    public void content_becomes_json_of_the_same_meaning()
    {
        var catalog = CatalogText.Snapshot(
            "campaigns: { c: { offers: { o: { content: { text: 龙井 \"立减\", n: 12.50, id: 007, phone: +86, yes: true, no: no, quoted: \"5\", none: ~, list: [1, {}], 😀: 'it''s' } } } } }");

        using var json = JsonDocument.Parse(catalog.Offers[0].Creatives[0].ContentJson);
        using var expected = JsonDocument.Parse(
            """{"text":"龙井 \"立减\"","n":12.50,"id":"007","phone":"+86","yes":true,"no":"no","quoted":"5","none":null,"list":[1,{}],"😀":"it's"}""");
        Assert.True(JsonElement.DeepEquals(expected.RootElement, json.RootElement), json.RootElement.GetRawText());
    }

    [Fact]
    public void what_is_left_out_has_the_documented_defaults()
    {
        var catalog = CatalogText.Snapshot("placements: { p: { channel: web, fallback: { offer: f, content: {} } } }");
        var placement = catalog.Placements[0];

        Assert.Equal(("USD", "UTC", "en", TimeSpan.FromMinutes(15)), (catalog.Currency, catalog.Zone.Id, catalog.DefaultLocale, catalog.CapHold));
        Assert.Equal("purchase", Assert.Single(catalog.ConversionTypes));
        Assert.Equal((1, 0.0, false), (placement.Slots, placement.HoldoutShare, placement.FallbackOnOutage));
        Assert.Equal(("default", "click", TimeSpan.FromMinutes(30)), (placement.Policy.Id, placement.Policy.Goal.On, placement.Policy.Goal.Within));
        Assert.Equal((ExplorationKind.SquareCb, .02), (placement.Policy.ExplorationOptions.Kind, placement.Policy.ExplorationOptions.Floor));
        Assert.Equal(TimeSpan.FromMinutes(30), placement.Policy.Model.RewardWindow);
    }

    [Fact]
    public void each_cap_counts_over_what_its_scope_says()
    {
        var catalog = CatalogText.Snapshot("""
            placements: { w: { channel: web }, a: { channel: app } }
            caps:
              - { per: offer, event: click, limit: 1, within: 1d }
              - { per: category, event: click, limit: 2, within: 1d }
              - { per: category, category: tea, event: impression, limit: 3, within: 1d }
              - { per: channel, channel: app, event: click, limit: 4, within: 1d }
              - { per: channel, event: impression, limit: 5, within: 1d }
              - { per: all, event: decision, limit: 6, within: 1d }
            campaigns:
              c:
                caps: [ { event: decision, limit: 7, within: 2h }, { event: decision, limit: 8, within: 1h, per: offer } ]
                offers:
                  x: { placements: [w], category: tea, content: {}, caps: [ { event: conversion, limit: 9, within: 1d } ] }
                  y: { placements: [w, a], content: {} }
            """);
        var (x, y) = (catalog.OfferById["x"], catalog.OfferById["y"]);

        Assert.Equal([1, 2, 3, 6, 7, 8, 9], Limits(x.CapScopes));
        Assert.Equal([1, 6, 7, 8], Limits(y.CapScopes));
        Assert.Equal([4, 5], Limits(catalog.CapScopesByChannel[catalog.ChannelNumbers["app"]]));
        Assert.Equal([5], Limits(catalog.CapScopesByChannel[catalog.ChannelNumbers["web"]]));
        Assert.Same(Of(x, 7), Of(y, 7));
        Assert.NotEqual(Of(x, 8).CounterId, Of(y, 8).CounterId);
        Assert.Equal(x.Number, Of(x, 8).Over);
        Assert.Equal((x.Campaign.Number, 0), (Of(x, 7).Over, Of(x, 6).Over));
        Assert.Equal(catalog.CapScopes.Length, catalog.CapScopeByCounter.Count);

        static CapScope Of(Offer offer, int limit) => offer.CapScopes.Single(scope => scope.Cap.Limit == limit);
        static IEnumerable<int> Limits(IEnumerable<CapScope> scopes) => scopes.Select(scope => scope.Cap.Limit).Order();
    }

    [Fact]
    public void segments_come_after_those_they_use()
    {
        var catalog = CatalogText.Snapshot("segments: { a: \"'b' in segments\", b: \"!('c' in segments)\", c: 'true' }");

        Assert.Equal("c b a", string.Join(' ', catalog.Segments.Select(segment => segment.Id)));
        Assert.Equal([0, 1, 2], catalog.Segments.Select(segment => segment.Ordinal));
    }

    [Fact]
    public void rules_that_mean_the_same_are_one_rule()
    {
        var catalog = CatalogText.Snapshot("""
            placements: { p: { channel: web } }
            campaigns:
              c:
                eligibility: context.device == 'mobile'
                offers:
                  x: { placements: [p], eligibility: (context.device=="mobile"), content: {} }
            """);

        Assert.Single(catalog.Rules);
        Assert.Equal(0, Assert.Single(catalog.Offers[0].Rules));
    }

    [Fact]
    public void json_and_yaml_of_the_same_catalog_give_the_same_definitions()
    {
        var yaml = CatalogText.Snapshot("metrics:\n  v: count(view) over 7d\ncampaigns:\n  c: { offers: { 'o\u00e9': { content: { t: \"\\u9f99\" } } } }");
        var json = CatalogText.Snapshot("{\"metrics\":{\"v\":\"count(view) over 7d\"},\n\t\"campaigns\":{\"c\":{\"offers\":{\"o\\u00e9\":{\"content\":{\"t\":\"\\u9f99\"}}}}}}");

        Assert.Empty(CatalogDiff.Between(yaml, json));
        Assert.Equal(yaml.DefinitionsHash, json.DefinitionsHash);
    }
}
