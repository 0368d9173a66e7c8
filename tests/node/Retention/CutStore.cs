using System.IO.Compression;
using System.Text.Json;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Embedded;
using PmOrleans.Node.Retention;
using PmOrleans.Node.Tests.Embedded;
using static PmOrleans.Node.Tests.Embedded.AttackFolder;

namespace PmOrleans.Node.Tests.Retention;

/// <summary>A shop whose customers view, buy, click and are decided for over days, and what tests of cutting ask of it.</summary>
internal static class CutStore
{
    public const int Customers = 12;

    private static readonly JsonSerializerOptions Plain = new() { IncludeFields = true, NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals };

    public static readonly string Shop = AttackCatalogs.Budgeted("total: 900, daily: 40, settleOn: click, reserve: full")
        .Replace("    offers:", "    caps: [ { event: impression, limit: 3, within: 2d, per: campaign }, { event: decision, limit: 9, within: 1d, per: offer } ]\n    offers:", StringComparison.Ordinal)
        .Replace("views7d: count(view) over 7d", "views7d: count(view) over 7d\n  spend30d: sum(purchase.value) over 30d\n  kinds90d: distinct(view.sku) over 90d\n  latest: last(view.sku) over 60d", StringComparison.Ordinal)
        + """

        segments:
          curious: metrics.views7d > 3
          spender: { rule: metrics.spend30d > 100.0, sums: [metrics.spend30d, counts.purchase] }
        rfm: { on: purchase }
        suppression: [ { on: ignored, per: offer, after: 2, within: 7d, pause: 1d }, { on: dismiss, per: campaign, pause: 1h } ]
        experiments:
          e: { share: 0.8, variants: { x: { weight: 0.5 }, y: { weight: 0.5, without: [b] } } }
        """;

    /// <summary>Another cap, another limit, a metric less and one more.</summary>
    public static readonly string Changed = Shop
        .Replace("limit: 3, within: 2d", "limit: 4, within: 3d", StringComparison.Ordinal)
        .Replace("{ event: decision, limit: 9, within: 1d, per: offer }", "{ event: click, limit: 5, within: 10d, per: offer }", StringComparison.Ordinal)
        .Replace("kinds90d: distinct(view.sku) over 90d", "buys400d: count(purchase) over 400d", StringComparison.Ordinal);

    /// <summary>The same requests for the same seed and clock.</summary>
    /// <returns>What was answered.</returns>
    public static async Task<List<string>> LiveAsync(AttackFolder folder, EmbeddedNode node, int seed, int requests, bool stepped, TimeSpan? pace = null)
    {
        var random = new Random(seed);
        var answers = new List<string>();
        for (var i = 0; i < requests; i++)
        {
            var time = (pace ?? TimeSpan.FromMinutes(40)) * random.NextDouble() * 2;
            if (stepped)
            {
                await node.StepAsync(folder.Now + (time.Ticks / 10));
            }
            else
            {
                folder.Pass(time);
            }

            var customer = $"c-{random.Next(Customers)}";
            var decision = $"d-{seed}-{i}";
            switch (random.Next(8))
            {
                case < 3:
                    var offers = Offers(await node.DecideAsync(Request(customer, decision, count: 2)));
                    answers.Add($"{i}: {string.Join(' ', offers.Select(offer => $"{offer.OfferId} {offer.Propensity:R}"))}");
                    await SendAsync(node, Event(customer, random.Next(3) == 0 ? "dismiss" : "impression", $"i-{seed}-{i}", decision));
                    if (random.Next(2) == 0)
                    {
                        await SendAsync(node, Event(customer, "click", $"k-{seed}-{i}", decision));
                    }

                    break;
                case 3:
                    await SendAsync(node, Event(customer, "purchase", $"p-{seed}-{i}") with { ValueMicros = random.Next(1, 400) * 250_000L });
                    break;
                case 4:
                    await SendAsync(node, Event(customer, "identify", $"t-{seed}-{i}") with { Set = [new Property("tier", PropertyValue.Of(random.Next(2) == 0 ? "gold" : "none"))] });
                    break;
                default:
                    await SendAsync(node, Event(customer, "view", $"v-{seed}-{i}") with { Properties = [new Property("sku", PropertyValue.Of($"s-{random.Next(9)}"))] });
                    break;
            }
        }

        return answers;
    }

    /// <summary>A store with some days in it, its customers folded with the catalog, stopped.</summary>
    public static async Task FillAsync(AttackFolder folder, int seed, int requests)
    {
        await using var node = await folder.OpenAsync(Shop);
        await LiveAsync(folder, node, seed, requests, stepped: false);
        await UntilAsync(() => node.Refolding.IsDone);
    }

    /// <summary>Opens the store, has everybody folded with what is live, and stops.</summary>
    public static async Task SettleAsync(AttackFolder folder)
    {
        await using var node = await folder.OpenAsync();
        await UntilAsync(() => node.Refolding.IsDone);
    }

    /// <summary>Cuts all that is older than a time ago; something must be.</summary>
    public static async Task<LogCutReport> CutAsync(AttackFolder folder, TimeSpan ago, string? export = null, int together = 40)
    {
        var report = await LogCutter.CutAsync(new LogCutOptions
        {
            Folder = folder.Path,
            Before = folder.Clock.GetUtcNow() - ago,
            KeepDecisionIds = TimeSpan.FromHours(1),
            ExportFolder = export,
            RecordsTogether = together,
        });
        Assert.Null(report.Refusal);
        Assert.True(report.Records > 0, "there was nothing to cut");
        return report;
    }

    public static AttackFolder Copy(AttackFolder folder)
    {
        var copy = new AttackFolder();
        foreach (var file in Directory.EnumerateFiles(folder.Path))
        {
            File.Copy(file, Path.Combine(copy.Path, Path.GetFileName(file)));
        }

        copy.Clock.AdvanceTo(folder.Now);
        return copy;
    }

    /// <summary>
    /// All that a node tells of its customers and of what it counts, but for metrics that are named, and scores with "rfm": these are between quintiles that a node
    /// takes when its own loop comes to it, unless it is stepped.
    /// </summary>
    public static async Task<string> DescribeAsync(EmbeddedNode node, params string[] without)
    {
        var lines = new List<string>();
        for (var i = 0; i < Customers; i++)
        {
            var view = (await node.ReadCustomerAsync($"c-{i}")).Value;
            lines.Add(JsonSerializer.Serialize(view is null ? null : view with
            {
                Metrics = [.. view.Metrics.Where(metric => !without.Contains(metric.Name, StringComparer.Ordinal))],
                Segments = [.. view.Segments.Where(Told)],
            }, Plain));
        }

        lines.AddRange((await node.ReadCampaignsAsync()).Value!.Select(view => JsonSerializer.Serialize(view with { Price = 0, Watermark = 0 }, Plain)));
        lines.AddRange((await node.ReadSegmentsAsync()).Value!.Where(view => Told(view.Id)).Select(view => JsonSerializer.Serialize(view with { Watermark = 0 }, Plain)));
        lines.AddRange((await node.ReadExperimentsAsync()).Value!.Select(view => JsonSerializer.Serialize(view with { Watermark = 0 }, Plain)));
        lines.Add(JsonSerializer.Serialize((await node.ReadPolicyAsync("p")).Value, Plain));
        return string.Join('\n', lines);

        bool Told(string segment) => !segment.StartsWith("rfm", StringComparison.Ordinal) || !without.Contains("rfm", StringComparer.Ordinal);
    }

    /// <summary>Goes on with a stepped node, perhaps under another catalog; what was answered, and what is told in the end.</summary>
    public static async Task<string> LiveOnAsync(AttackFolder folder, int seed, string? yaml, params string[] without)
    {
        await using var node = await folder.OpenAsync(yaml, options => options with { Stepped = true });
        await node.StepAsync(folder.Now);
        var answers = await LiveAsync(folder, node, seed, requests: 120, stepped: true);
        await node.StepAsync(folder.Now + 1);
        return string.Join('\n', answers) + "\n" + await DescribeAsync(node, without);
    }

    /// <summary>Every record of an export, file by file.</summary>
    public static List<JsonElement> Exported(string folder)
    {
        var records = new List<JsonElement>();
        foreach (var file in Directory.EnumerateFiles(folder, "*.ndjson.gz").Order(StringComparer.Ordinal))
        {
            using var lines = new StreamReader(new GZipStream(File.OpenRead(file), CompressionMode.Decompress));
            while (lines.ReadLine() is { } line)
            {
                records.Add(JsonDocument.Parse(line).RootElement.Clone());
            }
        }

        return records;
    }
}
