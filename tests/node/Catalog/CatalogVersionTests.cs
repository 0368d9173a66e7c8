using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Catalog.Diagnostics;

namespace PmOrleans.Node.Tests.Catalog;

public sealed class CatalogVersionTests
{
    private const string First = """
        placements: { p: { channel: web } }
        metrics: { v: count(view) over 7d }
        campaigns:
          spring:
            caps: [ { event: impression, limit: 3, within: 24h } ]
            offers:
              tea: { placements: [p], value: 10, eligibility: metrics.v > 1, content: { title: Tea } }
              cup: { placements: [p], value: 5, content: { title: Cup } }
        """;

    [Fact]
    public void numbers_survive_a_version_in_which_the_thing_was_gone()
    {
        var first = CatalogText.Snapshot(First);
        var without = CatalogText.Snapshot(First.Replace("      tea:", "      jar:"), first.Registry, 2);

        var again = CatalogText.Snapshot(First, without.Registry, 3);

        Assert.Equal(first.OfferById["tea"].Number, again.OfferById["tea"].Number);
        Assert.NotEqual(first.OfferById["tea"].Number, without.OfferById["jar"].Number);
    }

    [Fact]
    public void a_cap_keeps_its_number_when_its_limit_changes_and_gets_a_new_one_with_another_window()
    {
        var first = CatalogText.Snapshot(First);

        var limit = CatalogText.Snapshot(First.Replace("limit: 3, within: 24h", "limit: 5, within: 1d"), first.Registry, 2);
        var window = CatalogText.Snapshot(First.Replace("24h", "2d"), first.Registry, 2);

        Assert.Equal("campaigns/spring/impression/campaign/1d", first.CapScopes[0].Cap.Id);
        Assert.Equal(first.CapScopes[0].Cap.Number, limit.CapScopes[0].Cap.Number);
        Assert.NotEqual(first.CapScopes[0].Cap.Number, window.CapScopes[0].Cap.Number);
        Assert.NotEqual(first.DefinitionsHash, limit.DefinitionsHash);
        Assert.Equal(first.DefinitionsHash, CatalogText.Snapshot(First.Replace("value: 10", "value: 11"), first.Registry, 2).DefinitionsHash);
    }

    [Theory]
    [InlineData("campaigns: { autumn: { offers: { tea: { content: {} } } } }", "it belonged to 'spring'")]
    [InlineData("campaigns: { spring: { offers: { jar: { creatives: { tea: { content: {} } } } } } }", "creative")]
    [InlineData("placements: { p: { channel: web, fallback: { offer: tea, content: {} } } }", "offer")]
    public void an_id_used_again_for_something_else_is_refused(string yaml, string about)
    {
        var registry = CatalogText.Snapshot(First).Registry;

        var error = CatalogText.Compile(yaml, registry, 2).Errors.First();

        Assert.Equal(CatalogCodes.IdReused, error.Code);
        Assert.Contains(about, error.Message);
    }

    [Fact]
    public void an_explicit_cap_id_cannot_count_something_else_later()
    {
        var first = CatalogText.Snapshot("caps: [ { id: x, per: all, event: click, limit: 1, within: 1d } ]");

        var error = CatalogText.Compile("caps: [ { id: x, per: offer, event: click, limit: 1, within: 1d } ]", first.Registry, 2).Errors.Single();
        Assert.Equal(CatalogCodes.IdReused, error.Code);
        Assert.Matches("belonged to '.*/all', and here belongs to '.*/offer'", error.Message);
        Assert.True(CatalogText.Compile("caps: [ { id: x, per: all, event: click, limit: 2, within: 2d } ]", first.Registry, 2).Succeeded);
    }

    [Fact]
    public void the_diff_names_what_was_added_removed_and_changed_with_the_fields()
    {
        var old = CatalogText.Snapshot(First);
        var current = CatalogText.Snapshot(
            First.Replace("      cup:", "      jar:").Replace("value: 10", "value: 12.5").Replace("metrics.v > 1", "metrics.v   > 2").Replace("title: Tea", "title: Green tea"), old.Registry, 2);

        var changes = CatalogDiff.Between(old, current);

        Assert.Equal(
            "Removed creative cup, Added creative jar, Changed creative tea, Removed offer cup, Added offer jar, Changed offer tea",
            string.Join(", ", changes.Select(change => $"{change.Kind} {change.Thing} {change.Id}")));
        var offer = changes.Single(change => change.Id == "tea" && change.Thing == "offer");
        Assert.Equal("value, eligibility", string.Join(", ", offer.Fields.Select(field => field.Field)));
        Assert.Equal(("10", "12.5"), (offer.Fields[0].Old, offer.Fields[0].New));
        Assert.Equal(("metrics.v > 1", "metrics.v   > 2"), (offer.Fields[1].Old, offer.Fields[1].New));
    }

    [Fact]
    public void the_diff_of_a_catalog_written_in_another_way_is_empty()
    {
        var old = CatalogText.Snapshot(First);

        Assert.Empty(CatalogDiff.Between(old, CatalogText.Snapshot("# other\n" + First.Replace("metrics.v > 1", "( metrics.v>1 )"), old.Registry, 2)));
        Assert.All(CatalogDiff.Between(null, old), change => Assert.Equal(CatalogChangeKind.Added, change.Kind));
    }

    [Theory]
    [InlineData("rfm: { on: purchase }", "", "Removed rfm ")]
    [InlineData("", "rfm: { on: purchase }", "Added rfm ")]
    [InlineData("rfm: { on: purchase }", "rfm: { on: click, cells: false }", "Changed rfm : on purchase -> click, cells true -> false")]
    [InlineData("rfm: { cells: false, groups: false }\nsegments: { rfm.new: counts.view == 0 }", "rfm: { cells: false, groups: false }", "Removed segment rfm.new")]
    public void the_segments_that_come_with_rfm_are_one_line_of_the_diff(string before, string after, string expected)
    {
        var old = CatalogText.Snapshot(First + "\n" + before);

        var changes = CatalogDiff.Between(old, CatalogText.Snapshot(First + "\n" + after, old.Registry, 2));

        Assert.Equal(expected, string.Join("; ", changes.Select(change =>
            $"{change.Kind} {change.Thing} {change.Id}" + (change.Fields.IsEmpty ? "" : ": " + string.Join(", ", change.Fields.Select(field => $"{field.Field} {field.Old} -> {field.New}"))))));
    }
}
