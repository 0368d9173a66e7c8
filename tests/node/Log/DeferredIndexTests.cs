using System.Buffers.Binary;
using PmOrleans.Decisioning.Identity;
using PmOrleans.Node.Log;
using PmOrleans.Node.Log.Sqlite;
using PmOrleans.Node.Log.Sqlite.Index;

namespace PmOrleans.Node.Tests.Log;

/// <summary>Index entries in memory, in the tables, and on the way from one to the other.</summary>
public sealed class DeferredIndexTests
{
    private const int Never = int.MaxValue;

    [Fact]
    public async Task readers_find_what_is_in_memory_only()
    {
        using var folder = new TestFolder();
        await using var log = await OpenAsync(folder, Never);
        for (var n = 1; n <= 5; n++) await log.AppendAsync(Record(1, n));

        Assert.Equal(0, Count(folder, "customer_record"));
        Assert.Equal(0, Count(folder, "decision"));
        Assert.Equal([3L, 4L], log.Reader.ReadCustomer(Key(1), 2, 2).Select(row => row.CustomerSequence));
        Assert.Equal([3L, 4L, 5L], log.Reader.ReadCustomer(Key(1), 2, 100).Select(row => row.CustomerSequence));
        Assert.Equal(4, log.Reader.FindDecision(Decision(1, 4))!.Sequence);
    }

    [Fact]
    public async Task a_reader_merges_the_table_with_memory_and_sees_nothing_twice()
    {
        using var folder = new TestFolder();
        await using (var log = await OpenAsync(folder, Never))
        {
            foreach (var n in new[] { 2, 4, 6 }) await log.AppendAsync(Record(1, n));
        }

        await using var again = await OpenAsync(folder, Never);
        foreach (var n in new[] { 7, 3, 5, 8 }) Assert.Null(await again.AppendAsync(Record(1, n)));

        Assert.Equal(3, Count(folder, "customer_record"));
        Assert.Equal([2L, 3L, 4L, 5L, 6L, 7L, 8L], again.Reader.ReadCustomer(Key(1), 0, 100).Select(row => row.CustomerSequence));
        Assert.Equal([3L, 4L, 5L], again.Reader.ReadCustomer(Key(1), 2, 3).Select(row => row.CustomerSequence));
        Assert.Empty(again.Reader.ReadCustomer(Key(1), 0, 0));
        foreach (var limit in new[] { 0, 2, 3, 100 })
        {
            Assert.Equal(
                again.Reader.ReadCustomer(Key(1), 0, limit).Select(row => (row.CustomerSequence, row.Sequence)),
                again.Reader.ReadHistories([Key(1)], limit)[0].Select(row => (row.CustomerSequence, row.Sequence)));
        }
    }

    [Fact]
    public async Task a_reader_beside_the_owner_finds_what_only_the_owner_has_in_memory()
    {
        using var folder = new TestFolder();
        await using var log = await OpenAsync(folder, Never);
        await log.AppendAsync(Record(1, 1));
        using var database = SqliteDatabase.OpenReader(folder.Database, TimeSpan.FromSeconds(30));
        using var pool = new ReaderPool(folder.Database, TimeSpan.FromSeconds(30));
        var reader = new SqliteLogReader(pool, new FollowedIndex(database).Current);

        var before = reader.ReadCustomer(Key(1), 0, 10).Count;
        await log.AppendAsync(Record(1, 2));

        Assert.Equal(1, before);
        Assert.Equal(2, reader.ReadCustomer(Key(1), 0, 10).Count);
        Assert.Equal(2, reader.FindDecision(Decision(1, 2))!.Sequence);
        Assert.Equal(0, Count(folder, "decision"));
    }

    [Fact]
    public async Task a_reader_sees_no_entry_of_a_transaction_that_is_not_committed()
    {
        using var folder = new TestFolder();
        await using var log = await OpenAsync(folder, Never);
        await log.AppendAsync(Record(1, 1));
        var rows = -1;
        LogRow? decision = null;
        folder.Faults.AtCommit = () =>
        {
            rows = log.Reader.ReadCustomer(Key(1), 0, 10).Count;
            decision = log.Reader.FindDecision(Decision(1, 2));
        };

        await log.AppendAsync(Record(1, 2));

        Assert.Equal(1, rows);
        Assert.Null(decision);
        Assert.Equal(2, log.Reader.ReadCustomer(Key(1), 0, 10).Count);
    }

    [Fact]
    public async Task a_completion_finds_its_own_record()
    {
        using var folder = new TestFolder();
        await using var log = await OpenAsync(folder, Never);
        var found = (0, 0L);
        log.OnCommitted = _ => found = (log.Reader.ReadCustomer(Key(1), 0, 10).Count, log.Reader.FindDecision(Decision(1, 1))?.Sequence ?? 0);

        await log.AppendAsync(Record(1, 1));

        Assert.Equal((1, 1L), found);
    }

    [Theory]
    [InlineData(Never)]
    [InlineData(1)]
    public async Task a_clash_is_found_in_memory_and_in_the_table(int round)
    {
        using var folder = new TestFolder();
        await using var log = await OpenAsync(folder, round);
        await log.AppendAsync(Record(1, 1));
        await log.AppendAsync(Record(1, 3));
        Assert.Equal(round == Never ? 0 : 2, Count(folder, "customer_record"));
        Assert.Equal(round == Never ? 0 : 2, Count(folder, "decision"));

        Assert.Equal(LogFailureKind.SequenceClash, (await log.AppendAsync(Record(1, 1, decision: 99)))!.Kind);
        Assert.Equal(LogFailureKind.DecisionClash, (await log.AppendAsync(Record(2, 1, decision: Decision(1, 3))))!.Kind);
        Assert.Null(await log.AppendAsync(Record(1, 2)));
        Assert.Null(await log.AppendAsync(Record(2, 1)));
    }

    [Fact]
    public async Task a_clash_is_found_inside_one_transaction()
    {
        using var folder = new TestFolder();
        await using var log = await OpenAsync(folder, Never);
        using var gate = new ManualResetEventSlim();
        var standing = folder.Faults.StopAtBegin(gate);
        Assert.True(log.TryAppend(Record(9, 1)));
        await standing;
        TestRecord[] records = [Record(1, 1), Record(1, 1, decision: 7), Record(2, 1, decision: Decision(1, 1)), Record(3, 1)];

        foreach (var record in records) Assert.True(log.TryAppend(record));
        gate.Set();
        await log.FlushAsync();

        Assert.Equal(
            [null, LogFailureKind.SequenceClash, LogFailureKind.DecisionClash, null], records.Select(record => record.Done.Result?.Kind));
        Assert.Equal(2, folder.Faults.Commits);
    }

    [Fact]
    public async Task keys_of_a_transaction_that_failed_are_free_again()
    {
        using var folder = new TestFolder();
        await using var log = await OpenAsync(folder, 4);
        folder.Faults.AtCommit = ScriptedFaults.Fail;
        Assert.NotNull(await log.AppendAsync(Record(1, 1)));
        folder.Faults.Disarm();
        await log.UntilHealthyAsync();

        Assert.Null(log.Reader.FindDecision(Decision(1, 1)));
        Assert.Empty(log.Reader.ReadCustomer(Key(1), 0, 10));
        Assert.Null(await log.AppendAsync(Record(1, 1)));
        Assert.Equal(1, log.Reader.FindDecision(Decision(1, 1))!.Sequence);
    }

    [Fact]
    public async Task closing_leaves_nothing_to_be_read_again()
    {
        using var folder = new TestFolder();
        await using (var log = await OpenAsync(folder, Never))
        {
            for (var n = 1; n <= 300; n++) Assert.True(log.TryAppend(Record(n % 7, 1 + (n / 7))));
            await log.FlushAsync();
        }

        Assert.Equal(300, Count(folder, "customer_record"));
        Assert.Equal(300, Count(folder, "decision"));
        using var database = SqliteDatabase.OpenReader(folder.Database, TimeSpan.FromSeconds(30));
        Assert.Equal(300, database.ReadInt64("SELECT value FROM meta WHERE key='index_complete'"));
    }

    [Fact]
    public async Task keys_that_are_not_random_do_not_pile_up_in_memory()
    {
        using var folder = new TestFolder();
        await using var log = await OpenAsync(folder, Never);

        for (var n = 1; n <= 10_000; n++) Assert.True(log.TryAppend(TestRecord.Of(n, 1, decision: (UInt128)n)));
        await log.FlushAsync();

        Assert.InRange(Count(folder, "customer_record"), 7_000, 10_000);
        Assert.InRange(Count(folder, "decision"), 7_000, 10_000);
        Assert.Equal(5_000, log.Reader.ReadCustomer(TestRecord.Key(5_000), 0, 10).Single().Sequence);
        Assert.Equal(9_999, log.Reader.FindDecision(9_999)!.Sequence);
    }

    internal static Task<SqliteNodeLog> OpenAsync(TestFolder folder, int round) =>
        SqliteNodeLog.OpenAsync(folder.Options with { IndexRoundRecords = round });

    /// <summary>Spread over all buckets, as random keys are.</summary>
    internal static CustomerKey Key(int customer) => new((ulong)(customer + 1) * 0x9E3779B97F4A7C15, (ulong)customer);

    internal static UInt128 Decision(int customer, long customerSequence) =>
        new((((ulong)customer << 32) + (ulong)customerSequence) * 0xD1342543DE82EF95, 5);

    internal static byte[] Bytes(UInt128 hash)
    {
        var bytes = new byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, hash);
        return bytes;
    }

    internal static TestRecord Record(int customer, long customerSequence, UInt128? decision = null)
    {
        var record = TestRecord.Of(1, customerSequence, decision: decision ?? Decision(customer, customerSequence));
        record.Customer = Key(customer);
        return record;
    }

    internal static long Count(TestFolder folder, string table)
    {
        using var database = SqliteDatabase.OpenReader(folder.Database, TimeSpan.FromSeconds(30));
        return database.ReadInt64($"SELECT count(*) FROM {table}")!.Value;
    }
}
