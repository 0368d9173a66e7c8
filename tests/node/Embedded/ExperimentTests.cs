using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Embedded;
using PmOrleans.Node.Verification;
using static PmOrleans.Node.Tests.Embedded.AttackFolder;

namespace PmOrleans.Node.Tests.Embedded;

public sealed class ExperimentTests
{
    private const string Experiments = """

        suppression: [ { on: ignored, per: offer, after: 2, within: 7d, pause: 1d }, { on: dismiss, per: campaign, pause: 1h } ]
        experiments:
          e: { share: 0.6, variants: { x: { weight: 0.5 }, y: { weight: 0.5, without: [b] } } }
          f: { layer: l, share: 0.5, variants: { x: { weight: 0.2 }, y: { weight: 0.8, levers: { a: 50 } } } }
          g: { layer: l, share: 0.5, audience: counts.view > 0, variants: { x: { weight: 0.5 }, y: { weight: 0.5 } } }
        """;

    private static readonly string Catalog =
        AttackCatalogs.Plain.Replace("capHold: 15m", "capHold: 15m, holdout: 0.2", StringComparison.Ordinal) + Experiments;

    [Fact]
    public async Task the_books_of_experiments_are_those_of_the_log_over_restarts_publishes_and_erasures()
    {
        using var folder = new AttackFolder();
        for (var round = 0; round < 3; round++)
        {
            // The share of the second round is another one, the third has an experiment less.
            var yaml = round switch
            {
                0 => Catalog,
                1 => Catalog.Replace("share: 0.6", "share: 1", StringComparison.Ordinal).Replace("holdout: 0.2", "holdout: 0.3", StringComparison.Ordinal),
                _ => Catalog.Replace("  f: {", "  h: {", StringComparison.Ordinal),
            };
            await using var node = await folder.OpenAsync(yaml);
            await LiveAsync(node, folder, round);
            if (round == 1)
            {
                Assert.Null((await node.EraseAsync("c-1")).Refusal);
            }
        }

        var report = await folder.AssertCleanAsync();

        Assert.True(report.Outcomes > 100, report.ToText());
        await using var again = await folder.OpenAsync();
        var views = (await again.ReadExperimentsAsync()).Value!;
        Assert.Equal("holdout e h g f", string.Join(' ', views.Select(view => view.Id)));
        Assert.Equal("removed", views[4].Status);
        Assert.True(views.Take(2).All(view => view.Variants.All(variant => variant is { Customers: > 3, Exposures: > 10, Impressions: > 5 })), string.Join('\n', views));
        Assert.Contains(views.SelectMany(view => view.Variants), variant => variant.ValueMicros > 0 && variant.ValueSquares > 0);
    }

    [Fact]
    public async Task values_that_sum_to_more_than_there_are_numbers_stay_at_the_largest_and_equal_their_recount()
    {
        const string everybody = "\nexperiments: { e: { variants: { x: { weight: 1 }, y: { weight: 0 } } } }\n";
        using var folder = new AttackFolder();
        for (var customer = 0; customer < 3; customer++)
        {
            await using var node = await folder.OpenAsync(AttackCatalogs.Plain + everybody);
            Offers(await node.DecideAsync(Request($"c-{customer}", $"d-{customer}")));
            for (var i = 0; i < 11; i++)
            {
                await SendAsync(node, Event($"c-{customer}", "purchase", $"m-{i}", $"d-{customer}") with { ValueMicros = TouchpointLimits.MaxValueMicros });
            }
        }

        await folder.AssertCleanAsync();

        await using var again = await folder.OpenAsync();
        var variant = (await again.ReadExperimentAsync("e")).Value!.Variants[0];
        Assert.Equal((3, 33, long.MaxValue, (double)Int128.MaxValue / 1e12), (variant.Customers, variant.Conversions, variant.ValueMicros, variant.ValueSquares));
        var offers = (await again.ReadCampaignAsync("c")).Value!.Offers;
        Assert.Equal(long.MaxValue, offers.Max(offer => offer.ValueMicros));
        Assert.DoesNotContain(offers, offer => offer.ValueMicros < 0);
    }

    [Fact]
    public async Task a_repeated_decision_names_the_same_variants_and_a_dry_run_assigns_nobody()
    {
        using var folder = new AttackFolder();
        await using var node = await folder.OpenAsync(Catalog);

        await node.DecideAsync(Request("c-1", "dry") with { DryRun = true });
        Assert.NotNull((await node.ReadCustomerAsync("c-1")).Refusal);
        Assert.All((await node.ReadExperimentsAsync()).Value!, view => Assert.All(view.Variants, variant => Assert.Equal(0, variant.Customers)));

        var first = Names(await node.DecideAsync(Request("c-1", "d-1")));
        Assert.Equal(first, Names(await node.DecideAsync(Request("c-1", "d-1"))));
        Assert.Equal(first, Names(await node.DecideAsync(Request("c-1", "d-2"))));
        Assert.Equal(first, string.Join(' ', (await node.ReadCustomerAsync("c-1")).Value!.Experiments.Select(entry => $"{entry.ExperimentId}={entry.VariantId}")));
    }

    [Theory]
    [InlineData("UPDATE checkpoint SET watermark=1 WHERE projection='experiments'")]
    [InlineData("UPDATE checkpoint SET state=(SELECT substr(state, 1, length(state)-1) || x'7f' FROM checkpoint c WHERE c.projection='experiments') WHERE projection='experiments'")]
    public async Task books_that_were_tampered_with_are_found(string sql)
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(Catalog))
        {
            await LiveAsync(node, folder, 0);
        }

        folder.Tamper(sql);
        var report = await StoreVerifier.VerifyAsync(folder.Path);

        Assert.True(report.Totals.GetValueOrDefault(FindingKind.ExperimentDiffers) > 0, report.ToText());
    }

    [Fact]
    public async Task a_node_killed_under_load_keeps_its_books()
    {
        using var folder = new AttackFolder();
        var yaml = AttackCatalogs.Budgeted("total: 700, daily: 600, settleOn: click, reserve: full") + Experiments;
        for (var round = 0; round < 2; round++)
        {
            using var child = NodeProcess.Start(folder.Path, yaml, $"{round}");
            for (var lines = 0; lines < 300 && await child.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(2)) is not null; lines++)
            {
            }

            child.Kill();
            await child.WaitForExitAsync();
            var report = await StoreVerifier.VerifyAsync(folder.Path);
            Assert.True(report.IsClean, report.ToText());
        }

        await using var node = await EmbeddedNode.OpenAsync(new EmbeddedNodeOptions { DataFolder = folder.Path });
        Assert.Contains((await node.ReadExperimentAsync("e")).Value!.Variants, variant => variant.Exposures > 0);
    }

    private static async Task LiveAsync(EmbeddedNode node, AttackFolder folder, int round)
    {
        var random = new Random(round);
        for (var i = 0; i < 250; i++)
        {
            folder.Pass(TimeSpan.FromMinutes(random.Next(20)));
            var customer = $"c-{random.Next(60)}";
            var decision = $"d-{round}-{i}";
            Offers(await node.DecideAsync(Request(customer, decision, count: 2)));
            if (random.Next(4) > 0)
            {
                await SendAsync(node, Event(customer, "impression", $"i-{round}-{i}", decision));
            }

            switch (random.Next(5))
            {
                case 0:
                    await SendAsync(node, Event(customer, "click", $"k-{round}-{i}", decision));
                    break;
                case 1:
                    await SendAsync(node, Event(customer, "purchase", $"p-{round}-{i}", decision) with { ValueMicros = random.Next(1, 50) * 1_000_000L });
                    break;
                case 2:
                    await SendAsync(node, Event(customer, random.Next(3) == 0 ? "dismiss" : "view", $"v-{round}-{i}", decision));
                    break;
            }
        }
    }

    private static string Names(Port.Reply<DecisionAnswer> reply)
    {
        Assert.Null(reply.Refusal);
        return string.Join(' ', reply.Value!.Placements[0].Experiments.Select(entry => $"{entry.ExperimentId}={entry.VariantId}"));
    }
}
