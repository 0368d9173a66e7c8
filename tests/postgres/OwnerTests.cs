using PmOrleans.Node.Log;

namespace PmOrleans.Node.Tests.Log;

public sealed class OwnerTests
{
    [LogFact]
    public async Task an_owner_reads_what_it_saved_with_the_watermark_of_every_node()
    {
        using var schema = new TestSchema();
        await using var log = await schema.OpenAsync("a");
        Assert.Null(await log.Store.LoadOwnerAsync("campaign/7"));

        var version = await log.Store.TrySaveOwnerAsync(Row(0, ("a", 5), ("b", 7)));
        var saved = await log.Store.LoadOwnerAsync("campaign/7");
        var next = await log.Store.TrySaveOwnerAsync(Row(version!.Value, ("b", 9)));
        var later = await log.Store.LoadOwnerAsync("campaign/7");

        Assert.Equal((1, 5, 7), (saved!.Version, saved.Watermarks["a"], saved.Watermarks["b"]));
        Assert.Equal([1, 2], saved.State);
        Assert.Equal(2, next);
        Assert.Equal((2, 5, 9), (later!.Version, later.Watermarks["a"], later.Watermarks["b"]));
    }

    [LogFact]
    public async Task an_activation_that_read_an_older_version_saves_nothing()
    {
        using var schema = new TestSchema();
        await using var log = await schema.OpenAsync("a");
        await log.Store.TrySaveOwnerAsync(Row(0, ("a", 5)));
        await log.Store.TrySaveOwnerAsync(Row(1, ("a", 6)));

        Assert.Null(await log.Store.TrySaveOwnerAsync(Row(0, ("a", 50))));
        Assert.Null(await log.Store.TrySaveOwnerAsync(Row(1, ("a", 60))));
        Assert.Equal(6, (await log.Store.LoadOwnerAsync("campaign/7"))!.Watermarks["a"]);
    }

    [LogFact]
    public async Task of_many_activations_that_save_at_once_one_gets_on()
    {
        using var schema = new TestSchema();
        await using var log = await schema.OpenAsync("a");

        for (var version = 0L; version < 10; version++)
        {
            var row = Row(version, ("a", version));
            var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => log.Store.TrySaveOwnerAsync(row)));
            Assert.Equal(version + 1, results.Single(result => result is not null));
        }
    }

    private static OwnerRow Row(long version, params (string Node, long Watermark)[] watermarks) =>
        new("campaign/7", version, watermarks.ToDictionary(entry => entry.Node, entry => entry.Watermark, StringComparer.Ordinal), [1, 2]);
}
