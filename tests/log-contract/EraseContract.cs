using System.Text;
using PmOrleans.Node.Log;

namespace PmOrleans.Node.Tests.Log;

public abstract class EraseContract<TStore>
    where TStore : ITestStore, new()
{
    [LogFact]
    public async Task accounting_parts_and_sequences_stay()
    {
        using var store = new TStore();
        await using var log = await store.OpenAsync();
        var first = TestRecord.Of(1, 1, decision: 50);
        first.Identity = new IdentityRow(Hash(1), first.Customer, new byte[16]);
        await log.AppendAsync(first);
        await log.AppendAsync(TestRecord.Of(2, 1));
        await log.WriteAsync(transaction => transaction.SaveSnapshot(new SnapshotRow(first.Customer, 1, [1], 100)));

        await log.WriteAsync(transaction => transaction.Erase(first.Customer, [new TombstoneRow(Hash(1), 5, [7])]));

        var row = log.Reader.ReadCustomer(first.Customer, 0, 10).Single();
        Assert.Equal(first.Accounting.ToArray(), row.Accounting);
        Assert.Empty(row.Personal);
        Assert.Equal("personal", Encoding.UTF8.GetString(log.Reader.ReadCustomer(TestRecord.Key(2), 0, 10).Single().Personal));
        Assert.Null(log.Reader.FindIdentity(Hash(1)));
        Assert.Empty(log.Reader.IdentitiesOf(first.Customer));
        Assert.Null(log.Reader.LoadSnapshot(first.Customer));
        Assert.Null(log.Reader.FindDecision(50));
        Assert.Empty(log.Reader.DueCustomers(long.MaxValue - 1, 10));
        Assert.Equal([TestRecord.Key(2)], log.Reader.CustomersWithTail(0));
        Assert.Equal([7], log.Reader.FindTombstone(Hash(1))!.MessageHashes);
    }

    [LogFact]
    public async Task nothing_personal_comes_back_behind_an_erasure()
    {
        using var store = new TStore();
        await using (var log = await store.OpenAsync())
        {
            await log.AppendAsync(TestRecord.Of(1, 1));
            using var gate = new ManualResetEventSlim();
            var standing = store.Faults.StopAtBegin(gate);
            var erasure = log.WriteAsync(transaction => transaction.Erase(TestRecord.Key(1), []));
            await standing;
            var late = TestRecord.Of(1, 2);
            Assert.True(log.TryAppend(late));
            var snapshot = log.WriteAsync(transaction => transaction.SaveSnapshot(new SnapshotRow(TestRecord.Key(1), 2, [1], 100)));
            gate.Set();
            await Task.WhenAll(erasure, snapshot);

            Assert.Equal(LogFailureKind.Erased, (await late.Done)!.Kind);
            Assert.Null(log.Reader.LoadSnapshot(TestRecord.Key(1)));
        }

        await using var again = await store.OpenAsync();
        Assert.Equal(LogFailureKind.Erased, (await again.AppendAsync(TestRecord.Of(1, 2)))!.Kind);
        Assert.Null(await again.AppendAsync(TestRecord.Of(1, 2, personal: "")));
    }

    [LogFact]
    public async Task an_erasure_takes_the_personal_part_of_its_own_record_along()
    {
        using var store = new TStore();
        await using var log = await store.OpenAsync();
        await log.AppendAsync(TestRecord.Of(1, 1));

        Assert.True(log.TryAppend(TestRecord.Of(1, 2, decision: 50), transaction => transaction.Erase(TestRecord.Key(1), []), out var erased));
        await erased;

        Assert.Equal([(1L, 0), (2L, 0)], log.Reader.ReadCustomer(TestRecord.Key(1), 0, 10).Select(row => (row.CustomerSequence, row.Personal.Length)));
        Assert.Null(log.Reader.FindDecision(50));
        Assert.Equal(LogFailureKind.Erased, (await log.AppendAsync(TestRecord.Of(1, 3)))!.Kind);
    }

    [LogFact]
    public async Task an_erasure_that_the_store_refuses_leaves_no_end_record_and_can_be_tried_again()
    {
        using var store = new TStore();
        await using var log = await store.OpenAsync();
        await log.AppendAsync(TestRecord.Of(1, 1));
        store.RefuseErasures(true);
        using var gate = new ManualResetEventSlim();
        var standing = store.Faults.StopAtBegin(gate);
        TestRecord[] others = [TestRecord.Of(2, 1), TestRecord.Of(3, 1)];
        var end = TestRecord.Of(1, 2);

        Assert.True(log.TryAppend(others[0]));
        await standing;
        Assert.True(log.TryAppend(end, transaction => transaction.Erase(end.Customer, [new TombstoneRow(Hash(1), 5, [7])]), out var refused));
        Assert.True(log.TryAppend(others[1]));
        gate.Set();

        Assert.Contains("not now", (await Assert.ThrowsAsync<NodeLogException>(() => refused)).Message, StringComparison.Ordinal);
        Assert.NotNull(await end.Done);
        foreach (var other in others) Assert.Null(await other.Done);
        Assert.Equal("personal", Encoding.UTF8.GetString(Assert.Single(log.Reader.ReadCustomer(end.Customer, 0, 10)).Personal));
        Assert.Null(log.Reader.FindTombstone(Hash(1)));

        store.RefuseErasures(false);
        Assert.True(log.TryAppend(TestRecord.Of(1, 2), transaction => transaction.Erase(end.Customer, [new TombstoneRow(Hash(1), 5, [7])]), out var erased));
        await erased;
        Assert.Equal([0, 0], log.Reader.ReadCustomer(end.Customer, 0, 10).Select(row => row.Personal.Length));
    }

    [LogFact]
    public async Task an_erasure_that_is_rolled_back_has_not_happened()
    {
        using var store = new TStore();
        await using var log = await store.OpenAsync();
        await log.AppendAsync(TestRecord.Of(1, 1));

        await Assert.ThrowsAsync<InvalidDataException>(() => log.WriteAsync(transaction =>
        {
            transaction.Erase(TestRecord.Key(1), []);
            throw new InvalidDataException();
        }));

        Assert.Null(await log.AppendAsync(TestRecord.Of(1, 2)));
        Assert.Equal("personal", Encoding.UTF8.GetString(log.Reader.ReadCustomer(TestRecord.Key(1), 0, 1).Single().Personal));
    }

    [LogFact]
    public async Task a_second_erasure_of_an_outside_id_keeps_the_messages_of_its_first_life()
    {
        using var store = new TStore();
        await using var log = await store.OpenAsync();

        await log.WriteAsync(transaction => transaction.Erase(TestRecord.Key(1), [new TombstoneRow(Hash(1), 5, [1, 0, 2])]));
        await log.WriteAsync(transaction => transaction.Erase(TestRecord.Key(2), [new TombstoneRow(Hash(1), 9, [3])]));

        var tombstone = log.Reader.FindTombstone(Hash(1))!;
        Assert.Equal([1, 0, 2, 3], tombstone.MessageHashes);
        Assert.Equal(9, tombstone.ErasedAtMicros);
    }

    private static UInt128 Hash(int id) => new((ulong)id * 0x9E3779B97F4A7C15, (ulong)id);
}
