using PmOrleans.Decisioning.Catalog.Diagnostics;

namespace PmOrleans.Node.Tests.Catalog;

public sealed class CatalogWarningTests
{
    private const string Head = "placements: { p: { channel: web } }\nattributes: { tier: { type: string, values: [gold, none] } }\ncampaigns:\n  c: ";

    public static TheoryData<string, string, string> Cases => new()
    {
        { "{}", "empty-campaign", "campaigns/c" },
        { "{ eligibility: , offers: { o: { placements: [p], content: {} } } }", "empty-value", "campaigns/c" },
        { "{ budget: , offers: { o: { placements: [p], value: 20, cost: 1, content: {} } } }", "empty-value", "campaigns/c" },
        { "{ end: 2026-01-01, offers: { o: { placements: [p], content: {} } } }", "unreachable-offer", "campaigns/c/end" },
        { "{ budget: { total: 0 }, offers: { o: { placements: [p], value: 20, cost: 1, content: {} } } }", "empty-budget", "campaigns/c/budget/total" },
        { "{ budget: { total: 10, daily: 10 }, offers: { o: { placements: [p], value: 20, cost: 1, content: {} } } }", "idle-budget", "campaigns/c/budget/daily" },
        { "{ budget: { total: 10 }, offers: { o: { placements: [p], value: 20, cost: 10.5, content: {} } } }", "small-budget", "campaigns/c/offers/o/cost" },
        { "{ budget: { daily: 10 }, offers: { o: { placements: [p], value: 20, cost: 10.5, content: {} } } }", "small-budget", "campaigns/c/offers/o/cost" },
        { "{ offers: { o: { placements: [p], cost: 1, content: {} } } }", "worthless-offer", "campaigns/c/offers/o" },
        { "{ offers: { o: { content: {} }, q: { placements: [p], content: {} } } }", "unreachable-offer", "campaigns/c/offers/o" },
        { "{ offers: { o: { placements: [p], inStock: false, content: {} } } }", "unreachable-offer", "campaigns/c/offers/o/inStock" },
        { "{ offers: { o: { placements: [p], eligibility: 'false', content: {} } } }", "unreachable-offer", "campaigns/c/offers/o/eligibility" },
        { "{ offers: { o: { placements: [p], eligibility: 1/0 == 1, content: {} } } }", "unreachable-offer", "campaigns/c/offers/o/eligibility" },
        { "{ offers: { o: { placements: [p], eligibility: \"[1, 2].all(n, n / 0 > 1)\", content: {} } } }", "unreachable-offer", "campaigns/c/offers/o/eligibility" },
        { "{ eligibility: customer.tier == 'gold', offers: { o: { placements: [p], eligibility: customer.tier == 'none', content: {} } } }", "unreachable-offer", "campaigns/c/offers/o/eligibility" },
        { "{ offers: { o: { placements: [p], eligibility: customer.tier == 'golden', content: {} } } }", "impossible-value", "campaigns/c/offers/o/eligibility" },
        { "{ offers: { o: { placements: [p], creatives: { z: { locale: zh-CN, content: {} } } } } }", "missing-locale", "campaigns/c/offers/o/creatives" },
        { "{ offers: { o: { placements: [p], content: { title: New season, fresh bed } } } }", "empty-content", "campaigns/c/offers/o/content" },
        { "{ offers: { o: { placements: [p], eligibility: \"'poor' in segments && customer.tier == 'gold'\", content: {} } } }\nsegments: { poor: customer.tier == 'none' }", "unreachable-offer", "campaigns/c/offers/o/eligibility" },
        { "{ offers: { o: { placements: [p], content: {} } } }\nsegments: { nobody: customer.tier == 'gold' && customer.tier == 'none' }", "empty-segment", "segments/nobody" },
        { "{ offers: { o: { placements: [p], content: {} } } }\nsegments: { all: { rule: 'true' } }", "idle-rule", "segments/all" },
        { "{ eligibility: 1 < 2, offers: { o: { placements: [p], content: {} } } }", "idle-rule", "campaigns/c/eligibility" },
        { "{ offers: { o: { placements: [p], eligibility: true, content: {} } } }", "idle-rule", "campaigns/c/offers/o/eligibility" },
        { "{ offers: { o: { placements: [p], exclusionGroup: g, content: {} } } }", "lone-group", "campaigns/c/offers/o/exclusionGroup" },
        { "{ offers: { o: { placements: [p], content: {} } } }\npolicies: { bold: { exploration: greedy } }", "unused-policy", "policies/bold" },
        { "{ budget: { total: 10 }, offers: { o: { placements: [p], value: 20, content: {} } } }", "idle-budget", "campaigns/c/budget" },
        { "{ budget: { total: 10, pacing: true }, offers: { o: { placements: [p], value: 20, cost: 1, content: {} } } }", "idle-pacing", "campaigns/c/budget" },
        { "{ caps: [ { event: click, limit: 0, within: 1d } ], offers: { o: { placements: [p], content: {} } } }", "shut-cap", "campaigns/c/caps/1" },
        { "{ caps: [ { event: click, limit: 2, within: 2d } ], offers: { o: { placements: [p], caps: [ { event: click, limit: 2, within: 1d } ], content: {} } } }", "idle-cap", "campaigns/c/offers/o/caps/1" },
        { "{ caps: [ { event: click, limit: 2, within: 2d }, { event: click, limit: 3, within: 1d } ], offers: { o: { placements: [p], content: {} } } }", "idle-cap", "campaigns/c/caps/2" },
        { "{ offers: { o: { placements: [p], content: {} } } }\ncaps: [ { per: category, category: tea, event: click, limit: 2, within: 2d } ]", "idle-cap", "caps/1" },
        { "{ offers: { o: { placements: [p], content: {} } } }\ncaps: [ { per: channel, channel: wep, event: click, limit: 2, within: 2d } ]", "idle-cap", "caps/1" },
        { "{ offers: { o: { placements: [p], content: {} } } }\nquietHours: { wep: { from: '22:00', until: '08:00' } }", "unknown-channel", "quietHours/wep" },
        { "{ offers: { o: { placements: [p], content: {} } } }\ncontactBudget: [ { limit: 9, within: 7d, weights: { web: 1, push: 3 } } ]", "unknown-channel", "contactBudget" },
        { "{ offers: { o: { placements: [p], content: {} } } }\nsuppression: [ { on: dismiss, per: channel, channel: wep, pause: 1d } ]", "unknown-channel", "suppression/1/channel" },
        { "{ offers: { o: { placements: [p], content: {} } } }\nconsents: { marketing: { channels: { web: allow, wep: allow } } }", "unknown-channel", "consents/marketing/channels" },
        { "{ offers: { o: { placements: [p], content: {} } } }\nmetrics: { m: count(veiw) over 7d, own: count(tasting) over 7d }", "unknown-touchpoint", "metrics/m" },
        { "{ offers: { o: { placements: [p], content: {} } } }\ntouchpoints: { tasting: { tea: string } }\nmetrics: { m: count(tastin) over 7d, own: count(tasting) over 7d }", "unknown-touchpoint", "metrics/m" },
        { "{ offers: { o: { placements: [p], content: {} } } }\npolicies: { default: { goal: { on: clik } } }", "unknown-touchpoint", "policies/default/goal/on" },
        { "{ offers: { o: { placements: [p], content: {} } } }\npolicies: { default: { goal: { on: conversion } } }", "unknown-touchpoint", "policies/default/goal/on" },
        { "{ offers: { o: { placements: [p], content: {} } } }\npolicies: { default: { goal: { on: decision } } }", "unknown-touchpoint", "policies/default/goal/on" },
        { "{ offers: { o: { placements: [p], content: {} } } }\nsegments: { s: counts.conversion > 0 }", "unknown-touchpoint", "segments/s" },
        { "{ offers: { o: { placements: [p], content: {} } } }\ncontactBudget: [ { limit: 2, within: 7d, weights: { web: 3 } } ]", "shut-cap", "contactBudget/1/weights" },
        { "{ offers: { o: { placements: [p], content: {} } } }\nexperiments: { e: { variants: { a: { weight: 0.5 }, b: { weight: 0.5, only: [] } } } }", "empty-value", "experiments/e/variants/b/only" },
        { "{ offers: { o: { placements: [p], content: {} } } }\nrfm: { on: Purchase, cells: false }", "unknown-touchpoint", "rfm/on" },
        { "{ offers: { o: { placements: [p], content: {} } } }\ncatalog: { conversions: [purchase, cart_ad, tasting] }", "unknown-touchpoint", "catalog/conversions" },
        { "{ offers: { o: { placements: [p], content: {} } } }\nsegments: { s: counts.purchse > 0 && counts.tasting > 0 }", "unknown-touchpoint", "segments/s" },
        { "{ offers: { o: { placements: [p], content: {} } } }\nsegments: { s: { rule: 'counts.purchase > 0', sums: [value.purchse] } }", "unknown-touchpoint", "segments/s/sums" },
        { "{ eligibility: \"has(recency.clik) && true\", offers: { o: { placements: [p], content: {} } } }", "unknown-touchpoint", "campaigns/c/eligibility" },
        { "{ offers: { o: { placements: [p], eligibility: \"value['Purchase'] > 9.0\", content: {} } } }", "unknown-touchpoint", "campaigns/c/offers/o/eligibility" },
        { "{ offers: { o: { placements: [p], content: {} } } }\nmetrics: { views7d: count(view) over 7d }\nsegments: { s: counts.views7d > 3 }", "unknown-touchpoint", "segments/s" },
        { "{ offers: { o: { placements: [p], content: {} } } }\nsegments: { s: counts.purchase > 3 && counts.purchase < 2 }", "empty-segment", "segments/s" },
        { "{ offers: { o: { placements: [p], content: {} } } }\nsegments: { s: counts.purchase < 0 }", "empty-segment", "segments/s" },
        { "{ offers: { o: { placements: [p], content: {} } } }\nrfm: { groups: false, cells: false }\nsegments: { s: rfm.r > 5 }", "empty-segment", "segments/s" },
        { "{ eligibility: \"recency.view > duration('48h')\", offers: { o: { placements: [p], eligibility: \"recency.view < duration('24h')\", content: {} } } }", "unreachable-offer", "campaigns/c/offers/o/eligibility" },
        { "{ offers: { o: { placements: [p], contextWeights: [ { when: customer.tier == 'gold', weight: 5 }, { when: counts.view == 1.5, weight: 5 } ], content: {} } } }", "never-holds", "campaigns/c/offers/o/contextWeights/2/when" },
        { "{ offers: { o: { placements: [p], content: {} } } }\nmetrics: { m: count(view where value > 200 && value < 100) over 7d }", "never-holds", "metrics/m" },
        { "{ offers: { o: { placements: [p], content: {} } } }\nexperiments: { e: { audience: counts.view > 1 && counts.view < 2, variants: { a: { weight: 0.5 }, b: { weight: 0.5 } } } }", "never-holds", "experiments/e/audience" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void a_catalog_that_will_not_do_what_was_meant_is_published_with_a_warning(string campaign, string code, string path)
    {
        // so that the placement itself gives no warning
        var compilation = CatalogText.Compile(Head.Replace("channel: web", "channel: web, fallback: { offer: f, content: {} }") + campaign);

        Assert.Equal("", string.Join('\n', compilation.Errors));
        var warning = Assert.Single(compilation.Warnings);
        Assert.Equal((code, path), (warning.Code, warning.Path));
        Assert.True(warning.Line > 0 && warning.Column > 0);
    }

    [Fact]
    public void a_placement_without_offers_and_fallback_is_warned_about() =>
        Assert.Equal(CatalogCodes.EmptyPlacement, CatalogText.Compile("placements: { p: { channel: web } }").Warnings.Single().Code);

    [Theory]
    [InlineData("")]
    [InlineData("# nothing yet")]
    [InlineData("catalog: { currency: EUR }\nplacements: {}")]
    public void a_catalog_of_nothing_is_warned_about(string text)
    {
        var warning = Assert.Single(CatalogText.Compile(text).Warnings);

        Assert.Equal(CatalogCodes.EmptyCatalog, warning.Code);
    }

    [Fact]
    public void a_fallback_without_words_in_a_language_of_the_catalog_is_warned_about()
    {
        var compilation = CatalogText.Compile(
            "catalog: { locale: en, locales: [en, zh-CN] }\nplacements: { p: { channel: web, fallback: { offer: f, creatives: { f-en: { locale: en, content: {} } } } } }");

        var warning = Assert.Single(compilation.Warnings);
        Assert.Equal((CatalogCodes.MissingLocale, "placements/p/fallback"), (warning.Code, warning.Path));
    }

    [Theory]
    [InlineData("bold: { goal: { on: click } }", "bold: { goal: { on: purchase } }", "a.yaml:2:33: policies/bold/goal/on")]
    [InlineData("bold: {}", "bold: { goal: { on: purchase } }", "a.yaml:2:33: policies/bold/goal/on")]
    [InlineData("bold: { goal: { on: purchase } }", "bold: { goal: { within: 1h } }", "a.yaml:2:27: policies/bold/goal/on")]
    [InlineData("bold: { goal: { on: purchase } }", "bold:", "a.yaml:2:13: policies/bold/goal/on")]
    [InlineData("bold: { goal: { on: click } }", "bold: { goal: { within: 7d }, exploration: greedy }", null)]
    [InlineData("bold: { goal: { on: click } }", "bald: { goal: { on: purchase } }", null)]
    public void a_policy_that_learns_from_another_event_than_the_live_one_of_its_id_is_warned_about(string before, string after, string? at)
    {
        var live = CatalogText.Snapshot(Catalog(before));

        var warnings = CatalogText.Compile(Catalog(after), live).Warnings.Where(warning => warning.Code == CatalogCodes.ChangedGoal);

        Assert.Equal(at, warnings.Select(warning => $"{warning.File}:{warning.Line}:{warning.Column}: {warning.Path}").SingleOrDefault());
        Assert.DoesNotContain(CatalogText.Compile(Catalog(after), live.Registry).Warnings, warning => warning.Code == CatalogCodes.ChangedGoal);

        static string Catalog(string policy) => $"placements: {{ p: {{ channel: web, fallback: {{ offer: f, content: {{}} }} }} }}\npolicies: {{ {policy} }}";
    }

    [Theory]
    [InlineData("share: 0.5", "a: { weight: 0.2 }, b: { weight: 0.8 }", "'a' from 0.5 to 0.2, 'b' from 0.5 to 0.8.")]
    [InlineData("share: 0.5", "a: { weight: 0.5 }, b: { weight: 0.4 }, c: { weight: 0.1 }", "'b' from 0.5 to 0.4, 'c' from 0 to 0.1.")]
    [InlineData("share: 0.5", "a: { weight: 0.5 }, c: { weight: 0.5 }", "'c' from 0 to 0.5, 'b' from 0.5 to 0.")]
    [InlineData("share: 0.5", "a: { weight: 0.5, without: [o] }, b: { weight: 0.5 }", null)]
    [InlineData("share: 0", "a: { weight: 0.2 }, b: { weight: 0.8 }", null)]
    [InlineData("start: 2027-01-01", "a: { weight: 0.2 }, b: { weight: 0.8 }", null)]
    [InlineData("end: 2026-11-01", "a: { weight: 0.2 }, b: { weight: 0.8 }", null)]
    public void weights_that_change_while_an_experiment_runs_are_warned_about(string key, string variants, string? changes)
    {
        var live = CatalogText.Snapshot(Catalog("a: { weight: 0.5 }, b: { weight: 0.5 }"));

        var warnings = CatalogText.Compile(Catalog(variants), live).Warnings.Where(warning => warning.Code == CatalogCodes.ChangedWeights).ToList();

        Assert.Equal(changes is null ? 0 : 1, warnings.Count);
        Assert.All(warnings, warning => Assert.Contains(changes!, warning.Message));
        Assert.All(warnings, warning => Assert.Equal(("experiments/e/variants", 5), (warning.Path, warning.Line)));

        string Catalog(string written) => Head + $"{{ offers: {{ o: {{ placements: [p], content: {{}} }} }} }}\nexperiments: {{ e: {{ {key}, variants: {{ {written} }} }} }}";
    }

    [Theory]
    [InlineData("catalog: { currency: CNY }\n", "catalog: { currency: USD }\n", "catalog/currency")]
    [InlineData("catalog: { currency: CNY }\n", "", "catalog/currency")]
    [InlineData("catalog: { currency: USD }\n", "", null)]
    [InlineData("catalog: { currency: USD }\n", "catalog: { currency: USD, capHold: 5m }\n", null)]
    public void another_currency_than_the_live_one_is_warned_about(string before, string after, string? path)
    {
        const string Campaign = Head + "{ offers: { o: { placements: [p], content: {} } } }";

        var warnings = CatalogText.Compile(after + Campaign, CatalogText.Snapshot(before + Campaign)).Warnings.Where(warning => warning.Code == CatalogCodes.ChangedCurrency);

        Assert.Equal(path, warnings.SingleOrDefault()?.Path);
    }

    [Fact]
    public void a_contact_that_weighs_more_than_the_limit_hides_no_channel_that_is_none()
    {
        var compilation = CatalogText.Compile(Head + "{ offers: { o: { placements: [p], content: {} } } }\ncontactBudget: [ { limit: 2, within: 7d, weights: { '': 3, web: 3 } } ]");

        Assert.Equal(CatalogCodes.BadId, Assert.Single(compilation.Errors).Code);
    }

    [Fact]
    public void a_kind_that_is_declared_is_no_misspelt_one()
    {
        var compilation = CatalogText.Compile(Head + "{ offers: { o: { placements: [p], content: {} } } }\ntouchpoints: { conversion: { what: string } }\npolicies: { default: { goal: { on: conversion } } }");

        Assert.Empty(compilation.Diagnostics);
    }

    [Theory]
    [InlineData("{ event: click, limit: 2, within: 2d }", "{ event: impression, limit: 2, within: 1d }")]
    [InlineData("{ event: click, limit: 2, within: 1d }", "{ event: click, limit: 1, within: 1h }")]
    [InlineData("{ event: click, limit: 2, within: 1d }", "{ event: click, limit: 2, within: 2d }")]
    public void caps_that_can_each_bind_are_not_warned_about(string campaignCap, string offerCap)
    {
        var compilation = CatalogText.Compile(Head + $"{{ caps: [ {campaignCap} ], offers: {{ o: {{ placements: [p], caps: [ {offerCap} ], content: {{}} }} }} }}");

        Assert.Empty(compilation.Diagnostics);
    }
}
