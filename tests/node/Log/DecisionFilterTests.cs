using PmOrleans.Node.Log;
using PmOrleans.Node.Log.Sqlite.Index;
using static PmOrleans.Node.Tests.Embedded.AttackFolder;

namespace PmOrleans.Node.Tests.Log;

public sealed class DecisionFilterTests
{
    [Fact]
    public void a_key_that_was_added_is_never_denied_and_one_that_was_not_nearly_always()
    {
        var random = new Random(5);
        var filter = new KeyFilter(1 << 20);
        var keys = Enumerable.Range(0, 1 << 20).Select(_ => Key(random)).ToArray();
        foreach (var key in keys) filter.Add(key);

        Assert.All(keys, key => Assert.True(filter.MayContain(key)));

        // One in 400 is expected of a full one; ten standard deviations above it is 1 in 300.
        Assert.True(Enumerable.Range(0, 200_000).Count(_ => filter.MayContain(Key(random))) < 200_000 / 300, "it says maybe too often");
    }

    [Fact]
    public void small_numbers_are_keys_as_good_as_any()
    {
        var filter = new KeyFilter(1 << 20);
        for (var n = 1; n <= 100_000; n++) filter.Add((UInt128)n);

        Assert.All(Enumerable.Range(1, 100_000), n => Assert.True(filter.MayContain((UInt128)n)));
        Assert.True(Enumerable.Range(100_001, 100_000).Count(n => filter.MayContain((UInt128)n)) < 1000, "it says maybe too often");
    }

    [Fact]
    public async Task a_decision_id_of_any_earlier_run_is_refused_before_and_after_the_table_was_read()
    {
        using var folder = new TestFolder();
        await using (var log = await folder.OpenAsync())
        {
            for (var n = 1; n <= 300; n++) Assert.Null(await log.AppendAsync(TestRecord.Of(1, n, decision: (UInt128)n)));
        }

        await using (var log = await folder.OpenAsync())
        {
            var next = 301;
            for (var round = 0; round < 2; round++)
            {
                for (var n = 1; n <= 300; n += 7)
                    Assert.Equal(LogFailureKind.DecisionClash, (await log.AppendAsync(TestRecord.Of(1, next, decision: (UInt128)n)))!.Kind);
                Assert.Null(await log.AppendAsync(TestRecord.Of(1, next, decision: (UInt128)next)));
                next++;
                await UntilAsync(() => !log.Filter.MayContain((UInt128)999_999));
            }

            Assert.True(log.Filter.IsComplete);
        }
    }

    [Fact]
    public async Task a_filter_that_is_full_gives_way_to_a_larger_one_that_knows_the_same()
    {
        using var folder = new TestFolder();
        await using (var log = await folder.OpenAsync())
        {
            for (var n = 1; n <= 40; n++) Assert.Null(await log.AppendAsync(TestRecord.Of(1, n, decision: (UInt128)n)));
        }

        var memory = new IndexMemory();
        using var filter = new DecisionFilter(folder.Database, TimeSpan.FromSeconds(30));
        filter.Start(40, memory);
        await UntilAsync(() => !filter.MayContain(UInt128.MaxValue));

        // As many again as the smallest filter holds, which is when it grows; some of them are not in the table yet.
        for (var n = 1; n <= 1 << 20; n++) filter.Add((UInt128)n << 64);
        memory.Add(new IndexEntry((UInt128)1 << 64, 0, 41));
        filter.GrowIfFull(memory);
        filter.Add((UInt128)77 << 64);
        await UntilAsync(() => !filter.MayContain((UInt128)2 << 64));

        Assert.True(filter.MayContain((UInt128)1 << 64));
        Assert.True(filter.MayContain((UInt128)77 << 64));
        Assert.All(Enumerable.Range(1, 40), n => Assert.True(filter.MayContain((UInt128)n)));
    }

    private static UInt128 Key(Random random) => new((ulong)random.NextInt64(), (ulong)random.NextInt64());
}
