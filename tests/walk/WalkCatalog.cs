using System.Text.Json;

namespace PmOrleans.Node.Tests.Walk;

/// <summary>Catalogs drawn at random around the same ids, so that one after another of them is published over one store.</summary>
internal static class WalkCatalog
{
    public const int Campaigns = 6;

    public const int Offers = 4;

    public static IReadOnlyList<string> Placements { get; } = ["web", "app", "push", "held"];

    public static IReadOnlyList<string> Categories { get; } = ["tea", "cups", "books", "toys"];

    /// <summary>Most offers that a placement answers.</summary>
    public static int Slots(string placement) => placement switch
    {
        "app" => 3,
        "push" => 2,
        _ => 1,
    };

    public static string Offer(int campaign, int offer) => $"c{campaign}o{offer}";

    public static string CampaignOf(string offer) => offer[..2];

    public static string CategoryOf(string offer) => Categories[offer[^1] - '0'];

    public static long CostMicros(string offer) => 1_000_000 + ((offer[^1] - '0') * 500_000);

    public static string Channel(string placement) => placement == "held" ? "web" : placement;

    public static string Holdout(string drawn) => JsonDocument.Parse(drawn).RootElement.GetProperty("catalog").GetProperty("holdout").GetRawText();

    /// <summary>Whose budget a decision spends, in every catalog; others settle on what comes of it.</summary>
    public static bool SettlesOnDecision(string campaign) => campaign is "c0" or "c1";

    /// <summary>A catalog as JSON. A few are refused, as what is drawn refers to what was not drawn.</summary>
    public static string Draw(Random random)
    {
        var catalog = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["catalog"] = new
            {
                currency = "CNY",
                zone = random.Of("UTC", "Asia/Shanghai", "America/New_York"),
                locale = "en",
                capHold = random.Of("15m", "1m", "2h"),
                zoneAttribute = "zone",
                holdout = random.Of(0, 0, .1),
            },
            ["attributes"] = new
            {
                tier = new { type = "string", @default = "none", values = new[] { "none", "silver", "gold" } },
                zone = "string",
                age = "int",
            },
            ["touchpoints"] = new { view = new { category = "string", sku = "string" } },
            ["consents"] = new { marketing = new { unknown = random.Of("allow", "deny") } },
            ["metrics"] = Metrics(random),
            ["segments"] = Segments(random),
            ["policies"] = new
            {
                quick = new
                {
                    goal = new { on = "click", within = random.Of("30m", "1h") },
                    halfLife = random.Of("1h", "10d", "400d"),
                    reshape = random.Of(.5, 1, 2),
                    exploration = random.Of("squareCb", "thompson", "greedy", "softmax", "epsilonGreedy"),
                },
                slow = new
                {
                    goal = new { on = "purchase", within = random.Of("1d", "3d") },
                    segmentBy = new[] { "gold" },
                    prior = random.Of<object>("empirical", new { alpha = 1, beta = 10 }),
                },
            },
            ["placements"] = new Dictionary<string, object>(StringComparer.Ordinal)
            {
                ["web"] = new { channel = "web", policy = "quick" },
                ["app"] = new { channel = "app", slots = Slots("app"), policy = "slow", fallback = new { offer = "house", content = new { text = "hello" } } },
                ["push"] = random.May(.3)
                    ? new { channel = "push", slots = Slots("push"), policy = "quick", consent = new[] { "marketing" } }
                    : new { channel = "push", slots = Slots("push"), policy = "quick" },
                ["held"] = new { channel = "web", holdout = .2, policy = "slow" },
            },
            ["campaigns"] = Enumerable.Range(0, Campaigns).Where(campaign => campaign < 2 || random.May(.85)).ToDictionary(campaign => $"c{campaign}", campaign => Campaign(random, campaign), StringComparer.Ordinal),
        };
        Rules(random, catalog);
        return JsonSerializer.Serialize(catalog);
    }

    private static Dictionary<string, string> Metrics(Random random)
    {
        var metrics = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["views7d"] = "count(view) over 7d",
            ["spend30d"] = "sum(purchase.value) over 30d",
        };
        foreach (var days in new[] { 1, 7, 30, 90 })
        {
            (string Name, string Text)[] pool =
            [
                ($"views{days}d", "count(view)"),
                ($"spend{days}d", "sum(purchase.value)"),
                ($"dearest{days}d", "max(purchase.value)"),
                ($"cheapest{days}d", "min(purchase.value)"),
                ($"last{days}d", "last(view.sku)"),
                ($"skus{days}d", "distinct(view.sku)"),
                ($"tea{days}d", "count(view where category == 'tea')"),
                ($"kinds{days}d", "count(view) by category"),
            ];
            foreach (var (name, text) in pool.Where(_ => random.May(.3)))
            {
                metrics[name] = $"{text} over {days}d";
            }
        }

        return metrics;
    }

    private static Dictionary<string, object> Segments(Random random)
    {
        var segments = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["viewers"] = $"metrics.views7d > {random.Next(5)}",
            ["spenders"] = new { rule = $"metrics.spend30d > {random.Of("10.0", "50.0", "100.0")}", sums = new[] { "metrics.spend30d", "counts.purchase" } },
            ["gold"] = "customer.tier == 'gold'",
            ["both"] = "'viewers' in segments && 'spenders' in segments",
        };
        if (random.May(.4)) segments["lapsed"] = "has(recency.purchase) && recency.purchase > duration('48h')";
        if (random.May(.3)) segments["mobile"] = "context.device == 'mobile'";
        if (random.May(.4)) segments["odd"] = random.Of("!('both' in segments) && counts.view > 3", "has(counts.view) && counts.view % 2 == 1");
        return segments;
    }

    private static void Rules(Random random, Dictionary<string, object> catalog)
    {
        var caps = new[] { "all", "channel", "category", "campaign", "offer" }.Where(_ => random.May(.5)).Select(per => new
        {
            id = $"cap-{per}",
            per,
            @event = random.Of("decision", "impression", "click", "conversion"),
            limit = random.Next(1, 13),
            within = random.Of("1h", "1d", "7d", "30s"),
        }).ToArray();
        if (caps.Length > 0) catalog["caps"] = caps;
        if (random.May(.4))
        {
            catalog["contactBudget"] = new[] { new { limit = random.Next(3, 21), within = "7d", weights = new { push = 3, web = 1, app = 0 }, @event = random.Of("decision", "impression") } };
        }

        if (random.May(.4))
        {
            catalog["suppression"] = new object[]
            {
                new { on = "ignored", per = "campaign", after = 2, within = "7d", pause = "1d" },
                new { on = "dismiss", per = "offer", pause = "2d" },
            };
        }

        if (random.May(.4)) catalog["rfm"] = new { on = "purchase", cells = random.May(.5) };
        if (random.May(.5)) catalog["quietHours"] = new { push = new { from = "22:00", until = "08:00", action = random.Of("hold", "drop") } };
        if (random.May(.5))
        {
            catalog["experiments"] = new
            {
                trial = new
                {
                    share = random.Of(.3, .6, 1),
                    variants = new { a = new { weight = .5 }, b = new { weight = .5, policy = "slow", levers = new { c0 = 30 } } },
                },
            };
        }
    }

    private static Dictionary<string, object> Campaign(Random random, int campaign)
    {
        var drawn = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["offers"] = Enumerable.Range(0, Offers).Where(offer => offer == 0 || random.May(.85)).ToDictionary(offer => Offer(campaign, offer), offer => OfferOf(random, campaign, offer), StringComparer.Ordinal),
        };
        if (campaign < Campaigns - 1) drawn["budget"] = Budget(random, campaign);
        if (random.May(.2)) drawn["caps"] = new[] { new { @event = "impression", limit = random.Next(1, 6), within = "1d" } };
        if (random.May(.2)) drawn["eligibility"] = random.Of("customer.tier != 'none'", "metrics.views7d > 1", "'viewers' in segments || 'gold' in segments");
        if (random.May(.1)) drawn["paused"] = true;
        if (random.May(.2)) drawn["consent"] = new[] { "marketing" };
        return drawn;
    }

    private static Dictionary<string, object> Budget(Random random, int campaign)
    {
        var budget = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["settleOn"] = SettlesOnDecision($"c{campaign}") ? "decision" : random.Of("impression", "click", "conversion"),
            ["reserve"] = random.Of("full", "expected"),
        };
        var total = campaign % 2 == 0 || random.May(.5);
        if (total) budget["total"] = random.Of(20, 100, 1000, 100_000);
        if (!total || random.May(.5)) budget["daily"] = random.Of(5, 20, 500);
        if (random.May(.3)) budget["pacing"] = true;
        return budget;
    }

    private static Dictionary<string, object> OfferOf(Random random, int campaign, int offer)
    {
        var drawn = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["placements"] = Placements.Where(_ => random.May(.6)).DefaultIfEmpty("web").ToArray(),
            ["category"] = Categories[offer],
            ["value"] = random.Of(5, 12.5, 40),
            ["cost"] = 1 + (offer * .5),
            ["content"] = new { text = Offer(campaign, offer) },
        };
        if (random.May(.3)) drawn["exclusionGroup"] = "one";
        if (random.May(.2)) drawn["eligibility"] = random.Of("metrics.spend30d > 20.0", "!('spenders' in segments)", "has(customer.age) && customer.age > 30");
        if (random.May(.15)) drawn["caps"] = new[] { new { @event = random.Of("decision", "impression", "click"), limit = random.Next(1, 4), within = random.Of("1h", "1d") } };
        if (random.May(.2)) drawn["contextWeights"] = new[] { new { when = "context.device == 'mobile'", weight = 50 } };
        return drawn;
    }

    public static bool May(this Random random, double probability) => random.NextDouble() < probability;

    public static T Of<T>(this Random random, params ReadOnlySpan<T> choices) => choices[random.Next(choices.Length)];
}
