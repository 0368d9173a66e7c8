namespace PmOrleans.Node.Tests.Catalog;

public sealed class BadCatalogTests
{
    // A § in the text marks the place that must be reported and is taken out before.
    public static TheoryData<string, string, string?> Cases => new()
    {
        // The file as such.
        { "catalog: { currency: CNY\n§", "syntax", "may not be closed" },
        { "catalog:\n§\tcurrency: CNY", "syntax", "tabs" },
        { "catalog: { currency: §@x }", "syntax", "quotes" },
        { "catalog: §*nothing", "syntax", "&x" },
        { "catalog: { currency: §!!str CNY }", "syntax", "tag" },
        { "§- a\n- b", "wrong-type", "sections are" },
        { "§campaign: {}", "unknown-key", "did you mean 'campaigns'?" },
        { "campaigns: §[a]", "wrong-type", null },
        { "caps: §{ a: b }", "wrong-type", null },
        { "catalog:\n  currency: CNY\n  §currency: EUR", "duplicate-key", "line 2" },
        // The section catalog.
        { "catalog: { §curency: CNY }", "unknown-key", "did you mean 'currency'?" },
        { "catalog: { currency: §RMB }", "bad-currency", "CNY" },
        { "catalog: { currency: §cny }", "bad-currency", "CNY" },
        { "catalog: { zone: §Asia/Shangai }", "bad-zone", "Asia/Shanghai" },
        { "catalog: { zone: §../../etc/passwd }", "bad-zone", "IANA" },
        { "catalog: { locale: §zh_CN }", "bad-locale", "zh-CN" },
        { "catalog: { capHold: §15min }", "bad-duration", "15m" },
        { "catalog: { capHold: §0s }", "bad-duration", null },
        { "catalog: { conversions: §purchase }", "wrong-type", "[purchase]" },
        { "attributes: { age: int }\ncatalog: { zoneAttribute: §age }", "wrong-type", null },
        { "attributes: { timezone: string }\ncatalog: { zoneAttribute: §timezon }", "unknown-reference", "did you mean 'timezone'?" },
        // Consents, contact budget, suppression, quiet hours.
        { "consents: { marketing: { unknown: §maybe } }", "unknown-value", null },
        { "consents: { marketing: { channels: §[push] } }", "wrong-type", "push: allow" },
        { "consents: { marketing: { channels: { push: §yes } } }", "unknown-value", null },
        { "placements: { p: { channel: web, consent: [§marketing] } }", "unknown-reference", "no consent is declared" },
        { "contactBudget: §{ limit: 3, within: 1d }", "wrong-type", null },
        { "contactBudget: [ §{ within: 1d } ]", "missing", "limit: 10" },
        { "contactBudget: [ { limit: §1001, within: 1d } ]", "bad-cap", null },
        { "contactBudget: [ { limit: 3, within: §0s } ]", "bad-duration", null },
        { "contactBudget: [ { limit: 3, within: 1d, event: §click } ]", "unknown-value", null },
        { "contactBudget: [ { limit: 3, within: 1d, weights: { web: §-1 } } ]", "bad-cap", null },
        { "contactBudget: [ { limit: 3, within: 1d }, §{ limit: 4, within: 1d } ]", "duplicate-id", "a.yaml:1" },
        { "suppression: [ §{ on: ignored, per: offer, pause: 1d } ]", "missing", "after: 5" },
        { "suppression: [ §{ on: ignored, per: offer, after: 5, pause: 1d } ]", "missing", "within: 7d" },
        { "suppression: [ §{ on: dismiss, per: offer } ]", "missing", "pause: 14d" },
        { "suppression: [ { on: §ignore, per: offer, after: 1, pause: 1d } ]", "unknown-value", "did you mean 'ignored'?" },
        { "suppression: [ { on: dismiss, per: offer, pause: §401d } ]", "bad-duration", null },
        { "suppression: [ { on: ignored, per: offer, after: §0, within: 1d, pause: 1d } ]", "bad-number", null },
        { "suppression: [ { on: dismiss, per: offer, channel: §web, pause: 1d } ]", "bad-cap", null },
        { "suppression: [ { on: dismiss, per: offer, pause: 1d }, §{ on: dismiss, per: offer, pause: 2d } ]", "duplicate-id", "give one of them an id" },
        { "quietHours: { web: §{ from: \"22:00\" } }", "missing", "until" },
        { "quietHours: { web: { from: \"22:00\", until: \"8:00\", action: §wait } }", "unknown-value", null },
        { "quietHours: { web: { from: \"22:00\", until: \"8:00\", zone: §Asia/Shangai } }", "bad-zone", "Asia/Shanghai" },
        // Experiments.
        { "catalog: { holdout: §1.5 }", "bad-number", null },
        { "experiments: { §holdout: { variants: { a: { weight: 1 } } } }", "bad-id", "catalog: { holdout: 0.05 }" },
        { "experiments: { e: §{ share: 1 } }", "missing", "variants" },
        { "experiments: { e: { variants: §{ a: { weight: 0.5 }, b: { weight: 0.4 } } } }", "bad-experiment", "share" },
        { "experiments: { e: { variants: §{ a: { weight: 1 } } } }", "bad-experiment", null },
        { "experiments: { e: { variants: { a: { weight: 0.5 }, b: §{ policy: default } } } }", "missing", "weight: 0.5" },
        { "experiments: { e: { variants: { a: { weight: §1.5 }, b: { weight: 0 } } } }", "bad-number", null },
        { "experiments: { e: { variants: { a: { weight: 0.5 }, b: { weight: 0.5, policy: §defalt } } } }", "unknown-reference", "did you mean 'default'?" },
        { "experiments: { e: { variants: { a: { weight: 0.5 }, b: { weight: 0.5, without: [§tea] } } } }", "unknown-reference", "no offer is declared" },
        { "experiments: { e: { variants: { a: { weight: 0.5 }, b: { weight: 0.5, levers: { §tea: 5 } } } } }", "unknown-reference", "no offer is declared" },
        { "campaigns: { c: { offers: { tea: { content: {} } } } }\nexperiments: { e: { variants: { a: { weight: 0.5 }, b: { weight: 0.5, creatives: { tea: [§te] } } } } }", "unknown-reference", "did you mean 'tea'?" },
        { "experiments: { e: { placements: [§home], variants: { a: { weight: 0.5 }, b: { weight: 0.5 } } } }", "unknown-reference", "no placement is declared" },
        { "experiments: { e: { upTo: §0.5, share: 0.1, variants: { a: { weight: 0.5 }, b: { weight: 0.5 } } } }", "bad-experiment", "may grow" },
        { "experiments: { e: { layer: l, upTo: §0.1, share: 0.5, variants: { a: { weight: 0.5 }, b: { weight: 0.5 } } } }", "bad-experiment", null },
        { "experiments: { e: { layer: l, share: 0.6, variants: { a: { weight: 0.5 }, b: { weight: 0.5 } } }, f: { layer: l, share: §0.5, variants: { a: { weight: 0.5 }, b: { weight: 0.5 } } } }", "bad-experiment", "e, f" },
        { "experiments: { e: { start: 2026-02-01, end: §2026-01-01, variants: { a: { weight: 0.5 }, b: { weight: 0.5 } } } }", "bad-flight", null },
        { "experiments: { e: { audience: metrics.§views > 1, variants: { a: { weight: 0.5 }, b: { weight: 0.5 } } } }", "rule", null },
        // Attributes, context, metrics.
        { "attributes: { tier: { type: §text } }", "unknown-value", "string" },
        { "attributes: { tier: §{ default: x } }", "missing", null },
        { "attributes: { tier: { type: string, default: §bronze, values: [none, gold] } }", "unknown-value", null },
        { "attributes: { age: { type: int, default: §many } }", "wrong-type", null },
        { "attributes: { §in: string }", "bad-id", null },
        { "attributes: { §lastChannel: string }", "duplicate-id", null },
        { "context: { §device: string }", "duplicate-id", null },
        { "context: { basket: §number }", "unknown-value", "double" },
        { "metrics: { v: §views over 7d }", "bad-metric", "count(view) over 7d" },
        { "metrics: { v: §count(view.value) over 7d }", "bad-metric", "count(view) over 7d" },
        { "metrics: { v: §sum(purchase) over 7d }", "bad-metric", "sum(purchase.value) over 7d" },
        { "metrics: { v: §max(purchase.value) over 7d }", "bad-metric", null },
        { "metrics: { v: §count(view) over 0d }", "bad-duration", null },
        { "metrics: { v: §count(view) over 30s }", "bad-duration", null },
        { "metrics: { v: §count(view) over 401d }", "bad-duration", null },
        // Rules: the place inside the YAML, whatever the quoting.
        { "segments: { a: { rule: metrics.§views7d > 3 } }", "rule", null },
        { "segments: { a: { rule: \"1 == 1 && \\\"a\\\" §}\" } }", "rule", null },
        { "segments:\n  a:\n    rule: |\n      true &&\n        customer.§tire == 'gold'\nattributes: { tier: string }", "rule", "tier" },
        { "segments:\n  a:\n    rule: >-\n      true &&\n      customer.§tire == 'gold'\nattributes: { tier: string }", "rule", "tier" },
        { "segments:\n  a:\n    rule: 'customer.tier == ''gold'' && customer.§tire == ''x'''\nattributes: { tier: string }", "rule", "tier" },
        { "segments:\n  a:\n    rule: \"customer.tier == \\\"\\u91d1\\\" &&\n      customer.§tire == 'x'\"\nattributes: { tier: string }", "rule", "tier" },
        { "segments:\n  a:\n    rule: customer.tier == 'gold' &&\n      customer.§tire == 'x'\nattributes: { tier: string }", "rule", "tier" },
        { "{\"attributes\":{\"tier\":\"string\"},\"segments\":{\"a\":{\"rule\":\"customer.tier == \\\"x\\\" || customer.§tire == 'x'\"}}}", "rule", "tier" },
        { "segments: { a: { rule: [true] } }".Replace("[", "§["), "wrong-type", null },
        { "segments: { a: { rule: §" + new string('1', 10_001) + " } }", "rule-too-long", "segments" },
        { "segments: { vip: 'true', a: \"§'vpi' in segments\" }", "unknown-reference", "did you mean 'vip'?" },
        { "segments: { vip: 'true', a: \"!(§'vpi' in segments)\" }", "unknown-reference", "did you mean 'vip'?" },
        { "segments: { a: \"'b' in segments\", b: \"'c' in segments\", c: \"'a' in segments\" }".Replace("a: \"'b'", "a: §\"'b'"), "segment-cycle", "without" },
        { "segments: { a: \"'b' in segments\", b: size(§segments) > 1 }", "segment-cycle", "'other' in segments" },
        { "consents: { marketing: {} }\nsegments: { a: consent.§marketng == 'granted' }", "unknown-reference", "marketing" },
        { "consents: { marketing: { unknown: §yes } }", "unknown-value", null },
        // Policies.
        { "policies: { default: { halfLife: §0s } }", "bad-duration", null },
        { "policies: { default: { reshape: §9 } }", "bad-policy", null },
        { "policies: { default: { prior: { alpha: §0 } } }", "bad-policy", null },
        { "policies: { default: { prior: §guess } }", "unknown-value", null },
        { "policies: { default: { goal: { within: §500d } } }", "bad-duration", null },
        { "policies: { default: { goal: { on: §'click me' } } }", "bad-id", null },
        { "policies: { default: { exploration: { kind: §squarecb } } }", "unknown-value", "squareCb" },
        { "policies: { default: { exploration: { floor: §2 } } }", "bad-policy", null },
        { "policies: { default: { exploration: { floor: §.nan } } }", "bad-number", null },
        { "policies: { default: { segmentBy: [§vip] } }", "unknown-reference", null },
        // Placements.
        { "placements: { p: §{ slots: 1 } }", "missing", "channel" },
        { "placements: { p: { channel: web, slots: §0 } }", "bad-number", null },
        { "placements: { p: { channel: web, slots: §51 } }", "bad-number", null },
        { "placements: { p: { channel: web, policy: §defualt } }", "unknown-reference", "default" },
        { "placements: { p: { channel: web, holdout: §1.5 } }", "bad-number", null },
        { "placements: { p: { channel: web, onOutage: §fallback } }", "missing", null },
        { "placements: { p: { channel: web, quietHours: { from: §\"25:00\", until: \"08:00\" } } }", "bad-time", "22:00" },
        { "placements: { p: { channel: web, quietHours: §{ from: \"08:00\", until: \"08:00\" } } }", "bad-time", null },
        { "placements: { p: { channel: web, fallback: { offer: x, content: §text } } }", "bad-content", null },
        { "placements: { §\"\": { channel: web } }", "bad-id", null },
        { "placements: { §\"a\\u0007b\": { channel: web } }", "bad-id", null },
        { "placements: { §" + new string('x', 257) + ": { channel: web } }", "bad-id", null },
        // Campaigns.
        { "campaigns: { c: { start: 2026-03-01, end: §2026-02-01 } }", "bad-flight", null },
        { "campaigns: { c: { start: 2026-03-01, end: §2026-03-01 } }", "bad-flight", "day after" },
        { "campaigns: { c: { start: §2026-02-30 } }", "bad-time", null },
        { "campaigns: { c: { start: §2026-03-01T10:00:00 } }", "bad-time", "+00:00" },
        { "campaigns: { c: { start: §10000-01-01 } }", "bad-time", null },
        { "campaigns: { c: { zone: §Mars/Base } }", "bad-zone", null },
        { "campaigns: { c: { paused: §\"yes\" } }", "wrong-type", "quotes" },
        { "campaigns: { c: { lever: §-200 } }", "bad-number", null },
        { "campaigns: { c: { budget: §{ settleOn: click } } }", "missing", null },
        { "campaigns: { c: { budget: { total: §-1 } } }", "bad-amount", null },
        { "campaigns: { c: { budget: { total: §.nan } } }", "bad-amount", null },
        { "campaigns: { c: { budget: { total: §.inf } } }", "bad-amount", null },
        { "campaigns: { c: { budget: { total: §1e30 } } }", "bad-amount", null },
        { "campaigns: { c: { budget: { total: §1000000000001 } } }", "bad-amount", null },
        { "campaigns: { c: { budget: { total: §0.0000001 } } }", "bad-amount", null },
        { "campaigns: { c: { budget: { total: §\"5\" } } }", "wrong-type", "without quotes" },
        { "campaigns: { c: { budget: { total: §1_000 } } }", "bad-amount", "separators" },
        { "campaigns: { c: { budget: { total: 1, settleOn: §clicks } } }", "unknown-value", "click" },
        { "campaigns: { c: { consent: [§marketing] } }", "unknown-reference", null },
        { "campaigns: { c: { caps: [ { event: impression, limit: §-1, within: 1d } ] } }", "bad-cap", null },
        { "campaigns: { c: { caps: [ { event: impression, limit: §1001, within: 1d } ] } }", "bad-cap", null },
        { "campaigns: { c: { caps: [ { event: impression, limit: 1, within: §0s } ] } }", "bad-duration", null },
        { "campaigns: { c: { caps: [ { event: impression, limit: 1, within: §401d } ] } }", "bad-duration", null },
        { "campaigns: { c: { caps: [ { event: §view, limit: 1, within: 1d } ] } }", "unknown-value", null },
        { "campaigns: { c: { caps: [ { event: click, limit: 1, within: 1d, per: §all } ] } }", "unknown-value", null },
        { "campaigns: { c: { caps: [ §{ event: click, within: 1d } ] } }", "missing", "limit" },
        { "caps: [ §{ event: click, limit: 1, within: 1d } ]", "missing", "offer, campaign" },
        { "caps: [ { event: click, limit: 1, within: 1d, per: all, channel: §app } ]", "bad-cap", null },
        { "caps: [ { event: click, limit: 1, within: 24h, per: all }, §{ event: click, limit: 2, within: 1d, per: all } ]", "duplicate-id", "a.yaml:1:9" },
        // Offers.
        { Offer("§eligibilty: 'true'"), "unknown-key", "did you mean 'eligibility'?" },
        { Offer("§<<: { value: 1 }"), "unknown-key", "merge" },
        { Offer("placements: [§home.hreo]"), "unknown-reference", "did you mean 'home.hero'?" },
        { Offer("placements: [home.hero, §home.hero]"), "duplicate-id", null },
        { Offer("value: §lots"), "bad-amount", null },
        { Offer("inStock: §ja"), "wrong-type", null },
        { Offer("eligibility: 1 §+ 1"), "rule", null },
        { Offer("contextWeights: [ §{ weight: 3 } ]"), "missing", "when" },
        { "placements: { p: { channel: web } }\ncampaigns: { c: { offers: { o: §{ placements: [p] } } } }", "missing", "creatives" },
        { "campaigns: { c: { offers: { o: { content: §[1] } } } }", "bad-content", null },
        { "campaigns: { c: { offers: { o: { content: { a: 1 }, creatives: { x: { content: {} } } } } } }".Replace("content: { a", "content: §{ a"), "bad-content", null },
        { "campaigns: { c: { offers: { o: { creatives: { x: §{ locale: en } } } } } }", "missing", "content" },
        { "campaigns: { c: { offers: { o: { creatives: { x: { locale: §english-uk, content: {} } } } } } }", "bad-locale", null },
        { "campaigns:\n  c: { offers: { o: { content: {} } } }\n  d: { offers: { §o: { content: {} } } }", "duplicate-id", "a.yaml:2:18" },
        { "campaigns: { c: { offers: { o: { creatives: { x: { content: {} } } }, p: { creatives: { §x: { content: {} } } } } } }", "duplicate-id", "a.yaml:1:47" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void a_bad_catalog_is_refused_with_code_place_and_hint(string marked, string code, string? hint)
    {
        var at = marked.IndexOf('§');
        var before = marked[..at];

        var compilation = CatalogText.Compile(marked.Remove(at, 1));

        Assert.Null(compilation.Snapshot);
        var error = Assert.Single(compilation.Errors);
        Assert.Equal((code, "a.yaml"), (error.Code, error.File));
        var (line, column) = (before.Count(c => c == '\n') + 1, before.Length - before.LastIndexOf('\n'));
        Assert.Equal($"{line}:{column}", $"{error.Line}:{error.Column}");
        Assert.Contains(hint ?? "", error.Hint ?? "");
    }

    private static string Offer(string field) =>
        $"placements: {{ home.hero: {{ channel: web }} }}\ncampaigns:\n  c:\n    offers:\n      o:\n        content: {{ title: x }}\n        {field}\n";
}
