using PmOrleans.Node.Log;

namespace PmOrleans.Node.Tests.Log;

/// <summary>The walk over saved states in the order in which they lie, and saving them where they lie.</summary>
public sealed class PlacedStatesTests
{
    private static readonly byte[] DataKey = [.. Enumerable.Range(1, 16).Select(i => (byte)i)];

    [Fact]
    public async Task each_customer_comes_once_in_the_order_of_the_first_save_with_the_key_however_many_ids_there_are()
    {
        using var folder = new TestFolder();
        await using var log = await folder.OpenAsync();
        await AddAsync(log, 3, 1, 2);
        Assert.Null(await log.AppendAsync(Identified(1, 2, idHash: 9_001)));
        await SaveAsync(log, new SnapshotRow(TestRecord.Key(2), 1, [2, 2], 7));

        var reader = (IPlacedStates)log.Reader;
        var last = reader.LastPlace();
        var rows = reader.ReadPlaced(0, last, 10);

        Assert.Equal([TestRecord.Key(3), TestRecord.Key(1), TestRecord.Key(2)], rows.Select(row => row.Snapshot!.Customer));
        Assert.Equal([DataKey, DataKey, DataKey], rows.Select(row => row.Identity.DataKey));
        Assert.Equal([2, 2], rows[2].Snapshot!.State);
        Assert.Equal(last, rows[2].Snapshot!.Place);
        Assert.Equal(rows.Skip(1).Take(1).Select(row => row.Snapshot!.Place), reader.ReadPlaced(rows[0].Snapshot!.Place, last, 1).Select(row => row.Snapshot!.Place));
        Assert.Single(reader.ReadPlaced(0, rows[0].Snapshot!.Place, 10));
    }

    [Theory]
    [InlineData(5, 1_000)]
    [InlineData(6, 1_000)]
    [InlineData(5, 2_000)]
    [InlineData(5, long.MaxValue)]
    public async Task a_state_saved_in_its_place_is_the_saved_one_also_with_another_due_time(long sequence, long due)
    {
        using var folder = new TestFolder();
        await using var log = await folder.OpenAsync();
        await AddAsync(log, 1, 2);
        await SaveAsync(log, new SnapshotRow(TestRecord.Key(1), 5, [1], 1_000));
        var place = Placed(log, 1).Place;

        await SaveAsync(log, new SnapshotRow(TestRecord.Key(1), sequence, [9, 9, 9], due) { Place = place });

        var saved = log.Reader.LoadSnapshot(TestRecord.Key(1))!;
        Assert.Equal((sequence, due), (saved.CustomerSequence, saved.DueMicros));
        Assert.Equal([9, 9, 9], saved.State);
        Assert.Equal(place, Placed(log, 1).Place);
        Assert.Equal(due == long.MaxValue ? [] : [TestRecord.Key(1)], log.Reader.DueCustomers(due, 10));
        Assert.Empty(log.Reader.DueCustomers(Math.Min(due, 5_000) - 1, 10));
    }

    [Fact]
    public async Task a_state_folded_less_far_than_the_one_in_its_place_is_dropped()
    {
        using var folder = new TestFolder();
        await using var log = await folder.OpenAsync();
        await AddAsync(log, 1);
        var place = Placed(log, 1).Place;
        await SaveAsync(log, new SnapshotRow(TestRecord.Key(1), 5, [5], 1_000));

        await SaveAsync(log, new SnapshotRow(TestRecord.Key(1), 4, [4], 1_000) { Place = place });

        Assert.Equal([5], log.Reader.LoadSnapshot(TestRecord.Key(1))!.State);
    }

    [Fact]
    public async Task a_place_that_another_has_by_now_is_left_alone_and_an_erased_customer_comes_back_by_no_place()
    {
        using var folder = new TestFolder();
        await using var log = await folder.OpenAsync();
        await AddAsync(log, 1, 2);
        var (first, second) = (Placed(log, 1), Placed(log, 2));
        await log.WriteAsync(transaction => transaction.Erase(TestRecord.Key(2), []));
        await AddAsync(log, 3);

        await SaveAsync(log, new SnapshotRow(TestRecord.Key(1), 8, [8], 1_000) { Place = Placed(log, 3).Place });
        await SaveAsync(log, new SnapshotRow(TestRecord.Key(2), 8, [8], 1_000) { Place = second.Place });

        Assert.Equal([8], log.Reader.LoadSnapshot(TestRecord.Key(1))!.State);
        Assert.Equal(first.Place, Placed(log, 1).Place);
        Assert.Equal([3], log.Reader.LoadSnapshot(TestRecord.Key(3))!.State);
        Assert.Null(log.Reader.LoadSnapshot(TestRecord.Key(2)));
    }

    private static SnapshotRow Placed(SqliteNodeLog log, int customer) => ((IPlacedStates)log.Reader)
        .ReadPlaced(0, long.MaxValue, 100).Select(row => row.Snapshot!).Single(row => row.Customer == TestRecord.Key(customer));

    private static async Task AddAsync(SqliteNodeLog log, params int[] customers)
    {
        foreach (var customer in customers)
        {
            Assert.Null(await log.AppendAsync(Identified(customer, 1, (UInt128)(uint)customer)));
            await SaveAsync(log, new SnapshotRow(TestRecord.Key(customer), 1, [(byte)customer], long.MaxValue));
        }
    }

    private static TestRecord Identified(int customer, long sequence, UInt128 idHash)
    {
        var record = TestRecord.Of(customer, sequence);
        record.Identity = new IdentityRow(idHash, record.Customer, DataKey);
        return record;
    }

    private static Task SaveAsync(SqliteNodeLog log, SnapshotRow row) => log.WriteAsync(transaction => transaction.SaveSnapshot(row));
}
