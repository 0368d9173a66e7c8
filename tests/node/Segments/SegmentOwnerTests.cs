using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Embedded;
using PmOrleans.Node.Port;
using PmOrleans.Node.Tests.Embedded;
using PmOrleans.Node.Verification;
using static PmOrleans.Node.Tests.Embedded.AttackFolder;

namespace PmOrleans.Node.Tests.Segments;

/// <summary>Sizes, flows, sums and overlaps of a running node, and what is left of them after restarts, erasures and forgeries.</summary>
public sealed class SegmentOwnerTests
{
    private const string Catalog = """
        attributes:
          tier: { type: string, default: none, values: [none, gold] }
        metrics:
          views1h: count(view) over 1h
          spend30d: sum(purchase.value) over 30d
        segments:
          active: metrics.views1h > 1
          gold: customer.tier == 'gold'
          both: "'gold' in segments && 'active' in segments"
          spender: { name: Spenders, rule: metrics.spend30d > 0.0, sums: [metrics.spend30d, counts.purchase] }
          mobile: context.device == 'mobile'
          gold-on-mobile: "'mobile' in segments && 'gold' in segments"
        placements:
          p: { channel: web, slots: 3 }
        campaigns:
          c:
            offers:
              for-gold: { placements: [p], eligibility: "'gold' in segments", value: 1, content: { title: a } }
              for-active: { placements: [p], eligibility: "'active' in segments", value: 1, content: { title: b } }
              for-both: { placements: [p], eligibility: "'both' in segments", value: 1, content: { title: c } }
        """;

    [Fact]
    public async Task a_segment_is_seen_by_the_next_decision_and_in_the_figures_at_once()
    {
        using var folder = new AttackFolder();
        await using var node = await folder.OpenAsync(Catalog);
        Assert.Empty(Offers(await node.DecideAsync(Request("c-1", count: 3))));

        await SendAsync(node, Event("c-1", "view", "m-1"), Event("c-1", "view", "m-2"), Gold("c-1"), Gold("c-2"), Purchase("c-2", 10, "m-1"), Purchase("c-3", 2.5m, "m-1"));
        var offers = Offers(await node.DecideAsync(Request("c-1", count: 3))).Select(offer => offer.OfferId).Order(StringComparer.Ordinal);

        Assert.Equal(["for-active", "for-both", "for-gold"], offers, StringComparer.Ordinal);
        Assert.Equal((1L, 2L, 1L, 2L), (await SizeAsync(node, "active"), await SizeAsync(node, "gold"), await SizeAsync(node, "both"), await SizeAsync(node, "spender")));
        var overlap = (await node.ReadSegmentOverlapAsync("gold", "spender")).Value!;
        Assert.Equal((2L, 2L, 1L), (overlap.Size, overlap.WithSize, overlap.Both));

        // Everybody is looked at after the publish; the figures have all of it before that is over.
        await UntilAsync(async () => (await node.ReadSegmentAsync("spender")).Value!.Status == "live");
        var spender = (await node.ReadSegmentAsync("spender")).Value!;
        Assert.Equal(("live", 2L, 0L, "Spenders"), (spender.Status, spender.Entered, spender.Left, spender.Name));
        Assert.Equal([("metrics.spend30d", 12.5m), ("counts.purchase", 2m)], spender.Sums.Select(sum => (sum.Of, sum.Value)));
        Assert.Equal((2L, 0L), (spender.Minutes!.Single().Entered, spender.Minutes!.Single().Left));
        Assert.Equal(["active", "gold", "both"], (await node.ReadCustomerAsync("c-1")).Value!.Segments, StringComparer.Ordinal);
    }

    [Fact]
    public async Task a_segment_that_reads_the_request_has_no_members_in_between_and_says_so()
    {
        using var folder = new AttackFolder();
        await using var node = await folder.OpenAsync(Catalog);
        await SendAsync(node, Gold("c-1"));

        var mobile = (await node.ReadSegmentAsync("mobile")).Value!;
        var other = (await node.ReadSegmentAsync("gold-on-mobile")).Value!;
        var refused = (await node.ReadSegmentOverlapAsync("gold", "mobile")).Refusal!;
        var unknown = (await node.ReadSegmentOverlapAsync("gold", "silver")).Refusal!;

        Assert.Equal(("per-request", null, "per-request"), (mobile.Status, mobile.Size, other.Status));
        Assert.Equal((RefusalKind.Invalid, RefusalKind.Invalid), (refused.Kind, unknown.Kind));
        Assert.Contains("silver", unknown.Errors!["with"][0], StringComparison.Ordinal);
        Assert.Equal(RefusalKind.NotFound, (await node.ReadSegmentAsync("silver")).Refusal!.Kind);
    }

    [Fact]
    public async Task who_does_nothing_leaves_when_the_window_ends_also_after_a_restart()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(Catalog))
        {
            await SendAsync(node, Event("c-1", "view", "m-1"), Event("c-1", "view", "m-2"));
            folder.Pass(TimeSpan.FromMinutes(30));
            await SendAsync(node, Event("c-2", "view", "m-1"), Event("c-2", "view", "m-2"));
            folder.Pass(TimeSpan.FromMinutes(30));

            await UntilAsync(async () => await SizeAsync(node, "active") == 1);
            Assert.Equal(1, (await node.ReadSegmentAsync("active")).Value!.Left);
        }

        await using (var node = await folder.OpenAsync())
        {
            Assert.Equal(1, await SizeAsync(node, "active"));
            folder.Pass(TimeSpan.FromMinutes(30));

            await UntilAsync(async () => await SizeAsync(node, "active") == 0);
            var facts = (await node.ReadFactsAsync("c-2", 0, 100)).Value!;
            Assert.Contains(facts.Facts, fact => fact.Kind == "segmentChange");
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task a_sum_follows_what_its_members_do_and_what_time_takes_away()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(Catalog))
        {
            await SendAsync(node, Purchase("c-1", 10, "m-1"));
            folder.Pass(TimeSpan.FromDays(10));
            await SendAsync(node, Purchase("c-1", 5, "m-2"), Purchase("c-2", 1, "m-1"));
            Assert.Equal(16m, (await node.ReadSegmentAsync("spender")).Value!.Sums[0].Value);

            folder.Pass(TimeSpan.FromDays(20));
            await UntilAsync(async () => (await node.ReadSegmentAsync("spender")).Value!.Sums[0].Value == 6m);
            Assert.Equal(3m, (await node.ReadSegmentAsync("spender")).Value!.Sums[1].Value);
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task an_erased_customer_leaves_all_segments_and_the_recount_agrees()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(Catalog))
        {
            await SendAsync(node, Gold("c-1"), Gold("c-2"), Purchase("c-1", 10, "m-1"));
            await node.EraseAsync("c-1");

            var spender = (await node.ReadSegmentAsync("spender")).Value!;
            Assert.Equal((1L, 0L, 1L, 1L), (await SizeAsync(node, "gold"), spender.Size, spender.Entered, spender.Left));
            Assert.Equal(0m, spender.Sums[0].Value);
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task a_changed_rule_holds_for_a_customer_at_its_next_touch_and_a_dropped_segment_is_left()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(Catalog))
        {
            await SendAsync(node, Gold("c-1"), Event("c-1", "view", "m-1"), Event("c-1", "view", "m-2"));
            await PublishAsync(node, Catalog
                .Replace("metrics.views1h > 1", "metrics.views1h > 2", StringComparison.Ordinal)
                .Replace("          both: \"'gold' in segments && 'active' in segments\"\n", "", StringComparison.Ordinal)
                .Replace("'both' in segments", "'gold' in segments", StringComparison.Ordinal));

            var offers = Offers(await node.DecideAsync(Request("c-1", count: 3))).Select(offer => offer.OfferId).Order(StringComparer.Ordinal);

            Assert.Equal(["for-both", "for-gold"], offers, StringComparer.Ordinal);
            Assert.Equal((0L, 1L), (await SizeAsync(node, "active"), await SizeAsync(node, "gold")));
            await SendAsync(node, Event("c-1", "view", "m-3"));
            Assert.Equal(1, await SizeAsync(node, "active"));
        }

        await folder.AssertCleanAsync();
    }

    [Theory]
    [InlineData("UPDATE checkpoint SET state=x'' WHERE projection='segments/0/journal/0'", FindingKind.SegmentDiffers)]
    [InlineData("UPDATE checkpoint SET state=x'01' WHERE projection='segments/0/journal/0'", FindingKind.Unreadable)]
    [InlineData("UPDATE checkpoint SET watermark=watermark-3 WHERE projection='segments'", FindingKind.SegmentDiffers)]
    [InlineData("UPDATE checkpoint SET watermark=watermark+3 WHERE projection='segments'", FindingKind.FactLost)]
    public async Task a_forged_figure_is_found(string sql, FindingKind kind)
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(Catalog))
        {
            for (var i = 0; i < 4; i++)
            {
                await SendAsync(node, Gold($"c-{i}"));
            }
        }

        await folder.AssertCleanAsync();
        folder.Tamper(sql);
        var report = await StoreVerifier.VerifyAsync(folder.Path);

        Assert.True(report.Totals.GetValueOrDefault(kind) > 0, report.ToText());
    }

    [Fact]
    public async Task duplicates_and_restarts_change_no_figure()
    {
        using var folder = new AttackFolder();
        var random = new Random(11);
        for (var run = 0; run < 4; run++)
        {
            await using var node = await folder.OpenAsync(run == 0 ? Catalog : null);
            for (var i = 0; i < 60; i++)
            {
                var customer = $"c-{random.Next(12)}";
                var touchpoint = random.Next(3) switch
                {
                    0 => Gold(customer) with { MessageId = $"g-{random.Next(3)}" },
                    1 => Purchase(customer, random.Next(1, 50), $"p-{random.Next(20)}"),
                    _ => Event(customer, "view", $"v-{random.Next(20)}"),
                };
                await SendAsync(node, touchpoint);
                await SendAsync(node, touchpoint);
                folder.Pass(TimeSpan.FromMinutes(random.Next(10)));
            }
        }

        var report = await folder.AssertCleanAsync();
        Assert.Equal(0, report.Totals.GetValueOrDefault(FindingKind.SegmentDiffers));
    }

    private static Touchpoint Gold(string customer) =>
        Event(customer, "identify", "tier") with { Set = [new Property("tier", PropertyValue.Of("gold"))] };

    private static Touchpoint Purchase(string customer, decimal value, string message) =>
        Event(customer, "purchase", message) with { ValueMicros = (long)(value * 1_000_000), Currency = null };

    private static async Task<long?> SizeAsync(EmbeddedNode node, string segment) => (await node.ReadSegmentAsync(segment)).Value!.Size;
}
