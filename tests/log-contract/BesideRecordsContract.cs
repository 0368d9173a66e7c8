using PmOrleans.Decisioning.Identity;
using PmOrleans.Node.Log;

namespace PmOrleans.Node.Tests.Log;

public abstract class BesideRecordsContract<TStore>
    where TStore : ITestStore, new()
{
    [LogFact]
    public async Task snapshots_checkpoints_values_and_catalogs_are_read_as_they_were_written()
    {
        using var store = new TStore();
        await using (var log = await store.OpenAsync())
        {
            await log.WriteAsync(transaction =>
            {
                transaction.SaveSnapshot(new SnapshotRow(TestRecord.Key(1), 7, [1, 2], 500));
                transaction.SaveSnapshot(new SnapshotRow(TestRecord.Key(2), 3, [], long.MaxValue));
                transaction.SaveSnapshot(new SnapshotRow(TestRecord.Key(3), 1, [9], 100));
                transaction.SaveCheckpoint(new CheckpointRow("segments", 12, [3]));
                transaction.SaveTailStart(42);
                transaction.SetValue("pauses", [4]);
                transaction.AddCatalog(new CatalogRow(1, 77, "hash", [5, 6]));
            });
        }

        await using var again = await store.OpenAsync();
        var reader = again.Reader;
        Assert.Equal([1, 2], reader.LoadSnapshot(TestRecord.Key(1))!.State);
        Assert.Equal(7, reader.LoadSnapshot(TestRecord.Key(1))!.CustomerSequence);
        Assert.Equal(long.MaxValue, reader.LoadSnapshot(TestRecord.Key(2))!.DueMicros);
        Assert.Null(reader.LoadSnapshot(TestRecord.Key(4)));
        Assert.Equal([TestRecord.Key(3), TestRecord.Key(1)], reader.DueCustomers(500, 10));
        Assert.Equal([TestRecord.Key(3)], reader.DueCustomers(499, 10));
        Assert.Equal(12, reader.LoadCheckpoint("segments")!.Watermark);
        Assert.Null(reader.LoadCheckpoint("models"));
        Assert.Equal(42, reader.TailStart());
        Assert.Equal([4], reader.GetValue("pauses")!);
        Assert.Equal(1, reader.LatestCatalogVersion());
        Assert.Equal("hash", reader.LoadCatalog(1)!.Hash);
        Assert.Null(reader.LoadCatalog(2));
    }

    [LogFact]
    public async Task everybody_is_walked_once_in_the_order_of_the_hashes_whatever_the_page()
    {
        using var store = new TStore();
        await using var log = await store.OpenAsync();
        // The highest bit set as well: hashes are ordered as numbers without sign.
        UInt128[] hashes = [3, UInt128.MaxValue - 1, (UInt128)1 << 127, 7, (UInt128)1 << 64];
        for (var i = 0; i < hashes.Length; i++)
        {
            var record = TestRecord.Of(i + 1, 1);
            record.Identity = new IdentityRow(hashes[i], record.Customer, [(byte)i, .. new byte[15]]);
            Assert.True(log.TryAppend(record));
            Assert.Null(await record.Done);
        }

        var walked = new List<IdentityRow>();
        for (var page = log.Reader.ReadIdentities(0, 2); page.Count > 0; page = log.Reader.ReadIdentities(page[^1].IdHash, 2))
        {
            walked.AddRange(page);
        }

        await log.WriteAsync(transaction => transaction.SaveSnapshot(new SnapshotRow(TestRecord.Key(4), 1, [9], 5)));
        var saved = log.Reader.ReadSaved(3, 2);

        Assert.Equal(hashes.Order(), walked.Select(row => row.IdHash));
        Assert.Equal([7, (UInt128)1 << 64], saved.Select(row => row.Identity.IdHash));
        Assert.Equal((1L, 5L), (saved[0].Snapshot!.CustomerSequence, saved[0].Snapshot!.DueMicros));
        Assert.Equal([9], saved[0].Snapshot!.State);
        Assert.Null(saved[1].Snapshot);
        Assert.All(walked, row => Assert.Equal(TestRecord.Key(row.DataKey[0] + 1), row.Customer));
    }

    [LogFact]
    public async Task ids_that_are_somebodys_or_were_are_walked_once_each()
    {
        using var store = new TStore();
        await using var log = await store.OpenAsync();
        UInt128[] hashes = [9, UInt128.MaxValue - 1, (UInt128)1 << 127, 7, 5, 3];
        for (var i = 0; i < hashes.Length; i++)
        {
            var record = TestRecord.Of(i + 1, 1);
            record.Identity = new IdentityRow(hashes[i], record.Customer, new byte[16]);
            await log.AppendAsync(record);
        }

        // The second one comes back after that: its id has a tombstone and a customer.
        await log.WriteAsync(transaction => transaction.Erase(TestRecord.Key(1), [new TombstoneRow(hashes[0], 5, []), new TombstoneRow(1, 5, [])]));
        await log.WriteAsync(transaction => transaction.Erase(TestRecord.Key(4), [new TombstoneRow(hashes[3], 5, [])]));
        var back = TestRecord.Of(20, 1);
        back.Identity = new IdentityRow(hashes[3], back.Customer, new byte[16]);
        await log.AppendAsync(back);

        var walked = new List<UInt128>();
        for (var page = log.Reader.ReadIdHashes(0, 2); page.Count > 0; page = log.Reader.ReadIdHashes(page[^1], 2))
        {
            Assert.InRange(page.Count, 1, 2);
            walked.AddRange(page);
        }

        Assert.Equal([1, .. hashes.Order()], walked);
    }

    [LogFact]
    public async Task many_customers_read_at_once_are_what_each_is_by_itself()
    {
        using var store = new TStore();
        await using var log = await store.OpenAsync();
        for (var customer = 1; customer <= 4; customer++)
        {
            for (var n = 1; n <= 5; n++)
            {
                var record = TestRecord.Of(customer, n, personal: $"{customer}/{n}", decision: n == 2 ? (UInt128)(100 + customer) : default);
                record.Identity = n == 1 ? new IdentityRow(Hash(customer), record.Customer, [(byte)customer, .. new byte[15]]) : null;
                Assert.Null(await log.AppendAsync(record));
            }
        }

        await log.WriteAsync(transaction =>
        {
            transaction.SaveSnapshot(new SnapshotRow(TestRecord.Key(1), 2, [1, 1], 500));
            transaction.SaveSnapshot(new SnapshotRow(TestRecord.Key(2), 5, [2, 2], long.MaxValue));
            transaction.Erase(TestRecord.Key(4), [new TombstoneRow(Hash(4), 77, [9, 8])]);
        });
        UInt128[] asked = [Hash(4), Hash(2), Hash(9), Hash(1), Hash(3), Hash(1)];

        var found = log.Reader.ReadCustomers(asked, 2);

        Assert.Equal(asked, found.Select(one => one.IdHash));
        foreach (var one in found)
        {
            var (identity, tombstone) = (log.Reader.FindIdentity(one.IdHash), log.Reader.FindTombstone(one.IdHash));
            var snapshot = identity is null ? null : log.Reader.LoadSnapshot(identity.Customer);
            Assert.Equivalent(identity, one.Identity, strict: true);
            Assert.Equivalent(tombstone, one.Tombstone, strict: true);
            Assert.Equivalent(snapshot, one.Snapshot, strict: true);
            Assert.Equivalent(identity is null ? [] : log.Reader.ReadCustomer(identity.Customer, snapshot?.CustomerSequence ?? 0, 2), one.Tail, strict: true);
        }

        Assert.Equal([0, 0, 0, 2, 2, 2], found.Select(one => one.Tail.Count));
        Assert.Equal([true, false, false, false, false, false], found.Select(one => one.Tombstone is not null));
        Assert.Empty(log.Reader.ReadCustomers([], 2));

        static UInt128 Hash(int customer) => ((UInt128)customer << 100) + (UInt128)customer;
    }

    [LogFact]
    public async Task histories_read_at_once_are_what_each_is_by_itself()
    {
        using var store = new TStore();
        await using var log = await store.OpenAsync();
        for (var n = 1; n <= 5; n++)
        {
            for (var customer = 4; customer >= 1; customer--)
            {
                if (n <= customer + 1) Assert.Null(await log.AppendAsync(TestRecord.Of(customer, n, personal: $"{customer}/{n}")));
            }
        }

        await log.WriteAsync(transaction => transaction.Erase(TestRecord.Key(3), []));
        CustomerKey[] asked = [.. new[] { 4, 9, 1, 3, 2 }.Select(customer => TestRecord.Key(customer))];

        foreach (var limit in new[] { 1, 3, 100 })
        {
            var found = log.Reader.ReadHistories(asked, limit);

            Assert.Equal([Math.Min(5, limit), 0, Math.Min(2, limit), Math.Min(4, limit), Math.Min(3, limit)], found.Select(history => history.Count));
            Assert.Equivalent(asked.Select(customer => log.Reader.ReadCustomer(customer, 0, limit)), found, strict: true);
        }

        Assert.Empty(log.Reader.ReadHistories([], 2));
    }

    [LogFact]
    public async Task records_read_by_their_numbers_are_those_of_the_customer_that_are_there()
    {
        using var store = new TStore();
        await using var log = await store.OpenAsync();
        for (var n = 1; n <= 5; n++)
        {
            Assert.Null(await log.AppendAsync(TestRecord.Of(1, n, personal: $"1/{n}")));
            Assert.Null(await log.AppendAsync(TestRecord.Of(2, n, personal: $"2/{n}")));
        }

        var found = log.Reader.ReadRecords(TestRecord.Key(1), [4, 9, 2]);

        Assert.Equivalent(new[] { 2, 4 }.SelectMany(n => log.Reader.ReadCustomer(TestRecord.Key(1), n - 1, 1)), found.OrderBy(row => row.CustomerSequence), strict: true);
        Assert.Empty(log.Reader.ReadRecords(TestRecord.Key(3), [1]));
        Assert.Empty(log.Reader.ReadRecords(TestRecord.Key(1), []));
    }

    [LogFact]
    public async Task a_snapshot_never_gives_way_to_an_older_one()
    {
        using var store = new TStore();
        await using var log = await store.OpenAsync();

        await log.WriteAsync(transaction => transaction.SaveSnapshot(new SnapshotRow(TestRecord.Key(1), 7, [7], 500)));
        await log.WriteAsync(transaction => transaction.SaveSnapshot(new SnapshotRow(TestRecord.Key(1), 6, [6], 400)));
        await log.WriteAsync(transaction => transaction.SaveSnapshot(new SnapshotRow(TestRecord.Key(2), 7, [7], 500)));
        await log.WriteAsync(transaction => transaction.SaveSnapshot(new SnapshotRow(TestRecord.Key(2), 7, [8], 500)));

        Assert.Equal([7], log.Reader.LoadSnapshot(TestRecord.Key(1))!.State);
        Assert.Equal([8], log.Reader.LoadSnapshot(TestRecord.Key(2))!.State);
    }

    [LogFact]
    public async Task catalog_versions_follow_one_another()
    {
        using var store = new TStore();
        await using var log = await store.OpenAsync();
        await log.WriteAsync(transaction => transaction.AddCatalog(new CatalogRow(1, 1, "a", [1])));

        await Assert.ThrowsAsync<InvalidOperationException>(() => log.WriteAsync(t => t.AddCatalog(new CatalogRow(1, 1, "b", [2]))));
        await Assert.ThrowsAsync<InvalidOperationException>(() => log.WriteAsync(t => t.AddCatalog(new CatalogRow(3, 1, "c", [3]))));

        Assert.Equal(1, log.Reader.LatestCatalogVersion());
        Assert.Equal("a", log.Reader.LoadCatalog(1)!.Hash);
    }

    [LogFact]
    public async Task a_value_is_replaced_by_the_one_who_has_read_the_last()
    {
        using var store = new TStore();
        await using var log = await store.OpenAsync();
        await log.WriteAsync(transaction => transaction.ReplaceValue("k", null, [1]));

        await Assert.ThrowsAsync<InvalidOperationException>(() => log.WriteAsync(t => t.ReplaceValue("k", null, [2])));
        await Assert.ThrowsAsync<InvalidOperationException>(() => log.WriteAsync(t => t.ReplaceValue("k", [2], [3])));
        await Assert.ThrowsAsync<InvalidOperationException>(() => log.WriteAsync(t =>
        {
            // All of the work or none.
            t.SetValue("other", [1]);
            t.ReplaceValue("k", [2], null);
        }));
        Assert.Equal([1], log.Reader.GetValue("k")!);
        Assert.Null(log.Reader.GetValue("other"));

        await log.WriteAsync(transaction => transaction.ReplaceValue("k", [1], [2]));
        Assert.Equal([2], log.Reader.GetValue("k")!);
        await log.WriteAsync(transaction => transaction.ReplaceValue("k", [2], null));
        Assert.Null(log.Reader.GetValue("k"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => log.WriteAsync(t => t.ReplaceValue("k", [2], [3])));
    }

    [LogFact]
    public async Task a_record_and_the_work_that_belongs_to_it_are_in_one_transaction_however_full_it_is()
    {
        using var store = new TStore();
        await using (var log = await store.OpenAsync())
        {
            var all = new List<Task>();
            for (var i = 1; i <= 3_000; i++)
            {
                var (record, number) = (TestRecord.Of(1, i), unchecked((byte)i));
                Assert.True(log.TryAppend(record, transaction => transaction.SetValue("last", [number]), out var written));
                all.Add(written);
                all.Add(record.Done);
            }

            await Task.WhenAll(all);
            Assert.Equal([unchecked((byte)3_000)], log.Reader.GetValue("last")!);
            Assert.Equal(3_000, log.CommittedSequence);
        }
    }

    [LogTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task a_record_whose_work_is_refused_is_not_in_the_log_and_the_rest_of_its_batch_is(bool stepByStep)
    {
        using var store = new TStore();
        await using (var log = await store.OpenAsync())
        {
            await log.AppendAsync(TestRecord.Of(4, 1));
            using var gate = new ManualResetEventSlim();
            var standing = store.Faults.StopAtBegin(gate);
            var before = TestRecord.Of(1, 1);
            var its = TestRecord.Of(2, 1, decision: 50);
            var behind = TestRecord.Of(2, 2);
            var clash = TestRecord.Of(4, 1);
            var after = TestRecord.Of(3, 1);

            Assert.True(log.TryAppend(before));
            await standing;
            if (stepByStep) Assert.True(log.TryAppend(clash));
            Assert.True(log.TryAppend(its, _ => throw new InvalidDataException("no"), out var refused));
            Assert.True(log.TryAppend(behind));
            Assert.True(log.TryAppend(after));
            gate.Set();

            await Assert.ThrowsAsync<InvalidDataException>(() => refused);
            Assert.Equal(LogFailureKind.Unavailable, (await its.Done)!.Kind);
            Assert.Equal(LogFailureKind.Predecessor, (await behind.Done)!.Kind);
            Assert.Null(await before.Done);
            Assert.Null(await after.Done);
            Assert.Equal(3, log.CommittedSequence);
            Assert.Empty(log.Reader.ReadCustomer(TestRecord.Key(2), 0, 10));
            Assert.Null(log.Reader.FindDecision(50));

            Assert.True(log.TryAppend(TestRecord.Of(2, 1, decision: 50), transaction => transaction.SetValue("k", [1]), out var again));
            await again;
            Assert.Equal((4, 4), (log.Reader.FindDecision(50)!.Sequence, log.CommittedSequence));
        }

        await using var reopened = await store.OpenAsync();
        Assert.Equal(1, Assert.Single(reopened.Reader.ReadCustomer(TestRecord.Key(2), 0, 10)).CustomerSequence);
        Assert.Equal(4, reopened.CommittedSequence);
    }

    [LogFact]
    public async Task work_of_a_record_that_is_refused_is_not_done()
    {
        using var store = new TStore();
        await using var log = await store.OpenAsync(options => options with { MaxBatchRecords = 4 });
        await log.AppendAsync(TestRecord.Of(1, 1));
        await log.WriteAsync(transaction => transaction.Erase(TestRecord.Key(3), []));
        using var gate = new ManualResetEventSlim();
        var standing = store.Faults.StopAtBegin(gate);
        var written = new List<Task>();

        // A key that is taken; what is behind it, in the same batch or in the queue; one who is erased; and one whom nothing is wrong with.
        foreach (var record in (TestRecord[])[TestRecord.Of(1, 1), TestRecord.Of(1, 2), TestRecord.Of(1, 3), TestRecord.Of(3, 1), TestRecord.Of(2, 1)])
        {
            var key = $"{written.Count}";
            Assert.True(log.TryAppend(record, transaction => transaction.SetValue(key, [1]), out var its));
            written.Add(its);
        }

        await standing;
        gate.Set();
        await log.FlushAsync();

        foreach (var refused in written.SkipLast(1)) Assert.Equal(NodeLogError.Unavailable, (await Assert.ThrowsAsync<NodeLogException>(() => refused)).Error);
        await written[^1];
        Assert.Equal([false, false, false, false, true], Enumerable.Range(0, 5).Select(key => log.Reader.GetValue($"{key}") is not null));
    }

    [LogFact]
    public async Task the_tail_names_each_customer_whose_snapshot_is_behind_once()
    {
        using var store = new TStore();
        await using var log = await store.OpenAsync();
        for (var n = 1; n <= 3; n++)
        {
            await log.AppendAsync(TestRecord.Of(1, n));
            await log.AppendAsync(TestRecord.Of(2, n));
            await log.AppendAsync(TestRecord.Of(0, 0));
        }

        await log.AppendAsync(TestRecord.Of(3, 1));
        await log.WriteAsync(transaction =>
        {
            transaction.SaveSnapshot(new SnapshotRow(TestRecord.Key(1), 3, [], 0));
            transaction.SaveSnapshot(new SnapshotRow(TestRecord.Key(2), 2, [], 0));
        });

        Assert.Equal([TestRecord.Key(2), TestRecord.Key(3)], log.Reader.CustomersWithTail(0).Order());
        Assert.Equal([TestRecord.Key(3)], log.Reader.CustomersWithTail(9));
    }

    [LogFact]
    public async Task work_that_was_cancelled_before_its_turn_is_not_done()
    {
        using var store = new TStore();
        await using var log = await store.OpenAsync();
        using var cancelled = new CancellationTokenSource();
        using var gate = new ManualResetEventSlim();
        var standing = store.Faults.StopAtBegin(gate);
        Assert.True(log.TryAppend(TestRecord.Of(1, 1)));
        await standing;

        var work = log.WriteAsync(transaction => transaction.SetValue("k", [1]), cancelled.Token);
        await cancelled.CancelAsync();
        gate.Set();

        await Assert.ThrowsAsync<TaskCanceledException>(() => work);
        Assert.Null(log.Reader.GetValue("k"));
    }
}
