using System.Reflection;
using PmOrleans.Node.Customers;
using PmOrleans.Node.Log;

namespace PmOrleans.Node.Tests.Log;

public sealed class KnownIdsTests
{
    [Fact]
    public async Task an_id_of_the_store_is_never_new_and_nothing_is_new_before_all_of_them_are_read()
    {
        var reader = Store.Create(out var store, ids: 45_000);
        await using var known = new KnownIds(reader, firstCapacity: 1000);

        Assert.False(known.IsNew(Id(1_000_001)));
        known.Start();
        Assert.False(known.IsNew(Id(1_000_002)));
        store.Open.Set();
        await CompleteAsync(known);

        for (var n = 0; n < 45_000; n++)
        {
            Assert.False(known.IsNew(Id(n)));
        }

        Assert.False(known.IsNew(Id(1_000_001)));
        Assert.False(known.IsNew(Id(1_000_002)));
    }

    [Fact]
    public async Task an_id_is_new_once_and_few_are_asked_for_in_vain()
    {
        var reader = Store.Create(out var store, ids: 10);
        store.Open.Set();
        await using var known = new KnownIds(reader, firstCapacity: 1000);
        known.Start();
        await CompleteAsync(known);

        var isNew = Enumerable.Range(100, 3_000_000).Count(n => known.IsNew(Id(n)));

        // Three filters stand behind three million ids, each of which is wrong about one in 400 when full.
        Assert.InRange(isNew, 2_970_000, 3_000_000);
        Assert.DoesNotContain(Enumerable.Range(100, 100_000), n => known.IsNew(Id(n)));
    }

    [Fact]
    public async Task a_store_that_is_away_is_asked_again()
    {
        var reader = Store.Create(out var store, ids: 10);
        store.Failures = 1;
        store.Open.Set();
        await using var known = new KnownIds(reader);

        known.Start();
        await CompleteAsync(known);

        Assert.False(known.IsNew(Id(3)));
        Assert.True(known.IsNew(Id(30)));
    }

    [Fact]
    public async Task an_id_that_threads_meet_on_is_new_to_one_of_them_or_more_and_to_nobody_after()
    {
        var reader = Store.Create(out var store, ids: 0);
        store.Open.Set();
        await using var known = new KnownIds(reader, firstCapacity: 1000);
        known.Start();
        await CompleteAsync(known);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var n = 0; n < 200_000; n++)
            {
                known.IsNew(Id(n));
            }
        })));

        Assert.DoesNotContain(Enumerable.Range(0, 200_000), n => known.IsNew(Id(n)));
    }

    private static UInt128 Id(int n) => ((UInt128)((ulong)(n + 1) * 0x9E3779B97F4A7C15) << 64) | (ulong)n;

    private static async Task CompleteAsync(KnownIds known)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!known.IsComplete)
        {
            await Task.Delay(5, patience.Token);
        }
    }

    private class Store : DispatchProxy
    {
        private List<UInt128> _ids = [];

        public ManualResetEventSlim Open { get; } = new();

        public int Failures { get; set; }

        public static ILogReader Create(out Store store, int ids)
        {
            var reader = Create<ILogReader, Store>();
            store = (Store)(object)reader;
            store._ids = [.. Enumerable.Range(0, ids).Select(Id).Order()];
            return reader;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            Assert.Equal(nameof(ILogReader.ReadIdHashes), targetMethod!.Name);
            Open.Wait(TimeSpan.FromSeconds(60));
            if (Failures-- > 0)
            {
                throw new NodeLogException(NodeLogError.Unavailable, "away");
            }

            var (after, limit) = ((UInt128)args![0]!, (int)args[1]!);
            return _ids.Where(id => id > after).Take(limit).ToList();
        }
    }
}
