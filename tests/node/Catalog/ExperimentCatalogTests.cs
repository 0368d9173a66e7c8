using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Catalog.Diagnostics;

namespace PmOrleans.Node.Tests.Catalog;

public sealed class ExperimentCatalogTests
{
    private const string Head = """
        policies: { careful: {} }
        placements: { p: { channel: web }, q: { channel: web } }
        campaigns:
          c:
            offers:
              a: { placements: [p], creatives: { a1: { content: {} }, a2: { content: {} } } }
              b: { placements: [p], content: {} }
        """;

    [Fact]
    public void experiments_are_read_with_variants_over_everything()
    {
        var catalog = CatalogText.Snapshot(Head + """

            catalog: { holdout: 0.1 }
            experiments:
              e:
                placements: [p]
                share: 0.5
                audience: counts.view > 1
                variants:
                  control: { weight: 0.3333 }
                  bold: { weight: 0.3333, policy: careful, levers: { c: 10, a: 20 }, creatives: { a: [a2] } }
                  less: { weight: 0.3334, only: [a], without: [b] }
            """);

        Assert.Equal("holdout e", string.Join(' ', catalog.Experiments.Select(experiment => experiment.Id)));
        Assert.Equal("holdout", Assert.Single(catalog.PlacementById["q"].Experiments).Id);
        var e = catalog.PlacementById["p"].Experiments[1];
        Assert.Equal((0.5, 3, true), (e.Share, e.Variants.Length, e.Audience >= 0));
        var (bold, less) = (e.Variants[1], e.Variants[2]);
        var (a, b) = (catalog.OfferById["a"], catalog.OfferById["b"]);
        Assert.Equal(("careful", 20, 10), (bold.Policy!.Id, bold.OfferToLever[a.Number], bold.OfferToLever[b.Number]));
        Assert.Equal("a2", Assert.Single(bold.OfferToCreatives[a.Number]).Id);
        Assert.True(less.Shows(a.Number) && !less.Shows(b.Number));
        Assert.Equal(("e", "bold"), catalog.Registry.VariantOf(e.Number, bold.Number));
    }

    [Fact]
    public void experiments_of_a_layer_stand_in_the_order_in_which_they_first_came()
    {
        const string first = "experiments: { b: { layer: l, share: 0.1, upTo: 0.4, variants: { x: { weight: 0.5 }, y: { weight: 0.5 } } } }";
        const string second = """
            experiments:
              a: { layer: l, share: 0.2, variants: { x: { weight: 0.5 }, y: { weight: 0.5 } } }
              b: { layer: l, share: 0.3, upTo: 0.4, variants: { x: { weight: 0.5 }, y: { weight: 0.5 } } }
            """;
        var registry = CatalogText.Snapshot(first).Registry;

        var experiments = CatalogText.Snapshot(second, registry, 2).Experiments;

        Assert.Equal([0.4, 0], experiments.Select(experiment => experiment.From));
    }

    [Fact]
    public void two_experiments_that_both_set_the_policy_of_a_placement_are_warned_of_unless_a_layer_keeps_them_apart()
    {
        const string clash = Head + """

            experiments:
              e: { variants: { x: { weight: 0.5 }, y: { weight: 0.5, policy: careful } } }
              f: { variants: { x: { weight: 0.5 }, y: { weight: 0.5, policy: default } } }
            """;

        var warnings = CatalogText.Compile(clash).Diagnostics.Where(found => found.Code == "clashing-experiments").ToList();

        Assert.Equal(2, warnings.Count);
        Assert.All(warnings, warning => Assert.Equal("experiments/f", warning.Path));
        Assert.DoesNotContain(
            CatalogText.Compile(clash.Replace("{ variants", "{ layer: l, share: 0.5, variants", StringComparison.Ordinal)).Diagnostics,
            found => found.Code == "clashing-experiments");
    }

    [Fact]
    public void variants_whose_policies_count_for_unlike_times_are_warned_of_where_the_experiment_acts()
    {
        const string text = """
            policies: { slow: { goal: { on: click, within: 2d } }, other: { goal: { on: purchase, within: 30m } } }
            placements: { p: { channel: web }, q: { channel: web, policy: slow } }
            campaigns: { c: { offers: { a: { placements: [p, q], value: 1, content: {} } } } }
            experiments: { e: { variants: { x: { weight: 0.5 }, y: { weight: 0.5, policy: slow } } } }
            """;

        var warning = Assert.Single(Windows(text));

        Assert.Equal("experiments/e", warning.Path);
        Assert.Contains("'p' what a decision brings counts for 30m under variant 'x', for 2d under 'y'", warning.Message, StringComparison.Ordinal);
        Assert.Empty(Windows(text.Replace("e: { variants", "e: { placements: [q], variants", StringComparison.Ordinal)));
        Assert.Empty(Windows(text.Replace("policy: slow } } }", "policy: other } }, placements: [p] }", StringComparison.Ordinal)));

        static List<CatalogDiagnostic> Windows(string text) => [.. CatalogText.Compile(text).Diagnostics.Where(found => found.Code == "unlike-windows")];
    }

    [Fact]
    public void what_changed_in_an_experiment_is_told()
    {
        const string text = Head + "\nexperiments: { e: { share: 0.1, variants: { x: { weight: 0.5 }, y: { weight: 0.5, without: [b] } } } }";
        var before = CatalogText.Snapshot(text);

        var after = CatalogText.Snapshot(text.Replace("share: 0.1", "share: 0.2", StringComparison.Ordinal), before.Registry, 2);

        var change = Assert.Single(CatalogDiff.Between(before, after));
        Assert.Equal(("experiment", "e", "share upTo"), (change.Thing, change.Id, string.Join(' ', change.Fields.Select(field => field.Field))));
        Assert.Equal(before.DefinitionsHash, after.DefinitionsHash);
    }
}
