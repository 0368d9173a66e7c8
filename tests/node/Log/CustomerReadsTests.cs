using System.Collections.Concurrent;
using System.Reflection;
using PmOrleans.Node.Customers;
using PmOrleans.Node.Log;

namespace PmOrleans.Node.Tests.Log;

public sealed class CustomerReadsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task who_asks_while_the_looks_are_away_is_read_together_with_the_others()
    {
        var store = FarStore.Create(out var reader);
        var reads = new CustomerReads(reader);

        var first = Enumerable.Range(0, 4).Select(n => reads.ReadAsync((UInt128)n)).ToList();
        await store.UntilLooksAsync(1);
        var crowd = Enumerable.Range(100, 1_000).Select(n => reads.ReadAsync((UInt128)n)).ToList();
        store.Open();
        var found = await Task.WhenAll(first.Concat(crowd)).WaitAsync(Patience);

        Assert.Equal(Enumerable.Range(0, 4).Concat(Enumerable.Range(100, 1_000)).Select(n => (UInt128)n), found.Select(one => one.IdHash));
        Assert.All(store.Looks, look => Assert.InRange(look, 1, 256));
        Assert.Equal(1_004, store.Looks.Sum());
        Assert.InRange(store.MostAtOnce, 1, 4);
        Assert.True(store.Looks.Count <= 12, $"{store.Looks.Count} looks for 1,004 customers");
    }

    [Fact]
    public async Task everybody_in_a_look_that_fails_hears_of_it_and_the_next_look_is_taken()
    {
        var store = FarStore.Create(out var reader);
        var reads = new CustomerReads(reader);
        store.Failure = new NodeLogException(NodeLogError.Unavailable, "away");
        store.Open();

        var failed = Enumerable.Range(0, 50).Select(n => reads.ReadAsync((UInt128)n)).ToList();
        foreach (var one in failed) await Assert.ThrowsAsync<NodeLogException>(() => one.WaitAsync(Patience));
        store.Failure = null;

        Assert.Equal((UInt128)7, (await reads.ReadAsync(7).WaitAsync(Patience)).IdHash);
    }

    [Fact]
    public async Task nobody_is_forgotten_however_askers_and_looks_meet()
    {
        var store = FarStore.Create(out var reader);
        var reads = new CustomerReads(reader);
        store.Open();

        await Task.WhenAll(Enumerable.Range(0, 16).Select(asker => Task.Run(async () =>
        {
            for (var n = 0; n < 500; n++)
            {
                var id = (UInt128)((asker * 1_000) + n);
                Assert.Equal(id, (await reads.ReadAsync(id)).IdHash);
            }
        }))).WaitAsync(Patience);

        Assert.Equal(8_000, store.Looks.Sum());
    }

    /// <summary>A store that answers looks when it is open, and knows nobody.</summary>
    public class FarStore : DispatchProxy
    {
        private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Lock _gate = new();
        private int _now;
        private int _begun;

        public ConcurrentBag<int> Looks { get; } = [];

        public int MostAtOnce { get; private set; }

        public Exception? Failure { get; set; }

        public static FarStore Create(out ILogReader reader)
        {
            reader = Create<ILogReader, FarStore>();
            return (FarStore)(object)reader;
        }

        public void Open() => _open.TrySetResult();

        public async Task UntilLooksAsync(int begun)
        {
            using var timeout = new CancellationTokenSource(Patience);
            while (Volatile.Read(ref _begun) < begun) await Task.Delay(1, timeout.Token);
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            if (targetMethod!.Name != nameof(ILogReader.ReadCustomers)) throw new NotSupportedException(targetMethod.Name);
            var asked = (IReadOnlyList<UInt128>)args![0]!;
            var now = Interlocked.Increment(ref _now);
            lock (_gate) MostAtOnce = Math.Max(MostAtOnce, now);
            Interlocked.Increment(ref _begun);
            _open.Task.Wait();
            Interlocked.Decrement(ref _now);
            if (Failure is { } failure) throw failure;
            Looks.Add(asked.Count);
            return asked.Select(idHash => new StoredCustomer(idHash, null, null, null, [])).ToList();
        }
    }
}
