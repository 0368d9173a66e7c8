namespace PmOrleans.Node.Tests.Catalog;

public sealed class MetricCatalogTests
{
    [Theory]
    [InlineData("count(view) over 7d")]
    [InlineData("sum(purchase.value) over 30d")]
    [InlineData("max(purchase.value) over 90d")]
    [InlineData("min(view.price) over 1m")]
    [InlineData("last(view.price) over 400d")]
    [InlineData("distinct(view.sku) over 12h")]
    [InlineData("decayed(view) half-life 3d")]
    [InlineData("decayed(purchase.value where channel == 'app') half-life 30d")]
    [InlineData("count(view where category in ['tea', 'cups (all)'] && !(price < 3)) over 7d")]
    [InlineData("count(view where properties['my-tag'] == \"a)b\") over 7d")]
    [InlineData("count(view where tags.exists(t, t == 'new')) over 7d")]
    [InlineData("sum(view.price) by category max 8 over 7d")]
    [InlineData("count(view where category != 'x') by channel over 7d")]
    public void a_metric_is_read_as_it_is_written(string written) =>
        Assert.Equal(written, CatalogText.Snapshot($"metrics:\n  m: |-\n    {written}").Metrics[0].ToString());

    [Fact]
    public void rules_see_each_kind_with_its_type()
    {
        var catalog = CatalogText.Snapshot("""
            touchpoints: { view: { category: string, price: double } }
            metrics:
              views: count(view) over 7d
              spent: sum(purchase.value) over 7d
              last: last(view.category) over 7d
              byCategory: count(view) by category over 7d
              best: max(view.price) by category over 7d
              kinds: distinct(view.category) over 7d
            """);

        Assert.Equal(
            "int, double, string, map(string, int), map(string, double), int",
            string.Join(", ", catalog.Metrics.Select(metric => metric.Type)));
    }

    [Theory]
    [InlineData("count(view) over 7d", "count(view) over 8d")]
    [InlineData("count(view) over 7d", "count(view where category == 'tea') over 7d")]
    [InlineData("count(view where category == 'tea') over 7d", "count(view where category == 'cups') over 7d")]
    [InlineData("count(view) by category over 7d", "count(view) by category max 8 over 7d")]
    [InlineData("max(view.price) over 7d", "min(view.price) over 7d")]
    public void another_definition_is_another_hash(string one, string other) => Assert.NotEqual(Hash(one), Hash(other));

    [Fact]
    public void another_way_of_writing_the_same_filter_is_the_same_hash() =>
        Assert.Equal(Hash("count(view where category == 'tea') over 7d"), Hash("count(view where (category==\"tea\")) over 168h"));

    private static ulong Hash(string metric) => CatalogText.Snapshot($"metrics:\n  m: |-\n    {metric}").DefinitionsHash;
}
