using FsCheck;
using FsCheck.Fluent;
using PmOrleans.Node.Log;
using PmOrleans.Node.Log.Sqlite;
using static PmOrleans.Node.Tests.Log.DeferredIndexTests;

namespace PmOrleans.Node.Tests.Log;

/// <summary>The deferred indexes after an end at any place of a round, after failures and after erasures.</summary>
public sealed class DeferredIndexCrashTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(40)]
    [InlineData(64)]
    [InlineData(int.MaxValue)]
    public async Task a_start_after_a_crash_finds_every_entry_wherever_the_round_was(int round)
    {
        using var folder = new TestFolder();
        await using var log = await OpenAsync(folder, round);
        for (var n = 1; n <= 100; n++)
        {
            Assert.Null(await log.AppendAsync(Record(n % 9, 1 + (n / 9))));
            if (n % 10 != 3) continue;
            using var crashed = Crash(folder);
            await using var copy = await OpenAsync(crashed, round);
            await AssertIndexedAsync(copy, n);
        }
    }

    [Fact]
    public async Task the_part_of_the_log_that_a_start_reads_again_is_bounded()
    {
        using var folder = new TestFolder();
        const int round = 256;
        await using var log = await OpenAsync(folder, round);

        for (var n = 1; n <= 1_000; n++) Assert.Null(await log.AppendAsync(Record(n, 1)));

        using var database = SqliteDatabase.OpenReader(folder.Database, TimeSpan.FromSeconds(30));
        Assert.InRange(database.ReadInt64("SELECT value FROM meta WHERE key='index_complete'")!.Value, 1_000 - (round * 17 / 16) - 1, 1_000 - (round * 15 / 16));
    }

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(2)]
    public async Task an_erased_decision_is_gone_from_memory_and_files_and_its_id_is_free(int round)
    {
        using var folder = new TestFolder();
        await using var log = await OpenAsync(folder, round);
        for (var n = 1; n <= 5; n++)
        {
            await log.AppendAsync(Record(1, n));
            await log.AppendAsync(Record(2, n));
        }

        await log.WriteAsync(transaction => transaction.Erase(Key(1), []));

        Assert.False(log.IsErasurePending);
        Assert.Equal(5, log.Reader.ReadCustomer(Key(1), 0, 10).Count(row => row.Personal.Length == 0));
        for (var n = 1; n <= 5; n++)
        {
            Assert.Null(log.Reader.FindDecision(Decision(1, n)));
            Assert.Empty(folder.FilesWith(Bytes(Decision(1, n))));
            Assert.NotEmpty(folder.FilesWith(Bytes(Decision(2, n))));
        }

        using (var crashed = Crash(folder))
        {
            await using var copy = await OpenAsync(crashed, round);
            Assert.Null(copy.Reader.FindDecision(Decision(1, 3)));
            Assert.Equal(5, copy.Reader.ReadCustomer(Key(1), 0, 10).Count);
        }

        Assert.Null(await log.AppendAsync(Record(3, 1, Decision(1, 3))));
        Assert.Equal(Key(3), log.Reader.FindDecision(Decision(1, 3))!.Customer);
    }

    [Fact]
    public async Task an_erasure_covers_records_of_its_own_transaction()
    {
        using var folder = new TestFolder();
        await using var log = await OpenAsync(folder, int.MaxValue);
        using var gate = new ManualResetEventSlim();
        var standing = folder.Faults.StopAtBegin(gate);
        Assert.True(log.TryAppend(Record(9, 1)));
        await standing;
        var first = Record(1, 1);
        Assert.True(log.TryAppend(first));
        var erasure = log.WriteAsync(transaction => transaction.Erase(Key(1), []));
        var reused = Record(2, 1, Decision(1, 1));
        Assert.True(log.TryAppend(reused));

        gate.Set();
        await erasure;

        Assert.Null(await first.Done);
        Assert.Null(await reused.Done);
        Assert.Equal(2, folder.Faults.Commits);
        Assert.Empty(log.Reader.ReadCustomer(Key(1), 0, 10).Single().Personal);
        Assert.Equal(Key(2), log.Reader.FindDecision(Decision(1, 1))!.Customer);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task an_erasure_that_is_undone_leaves_the_entries_in_memory(bool byItsWork)
    {
        using var folder = new TestFolder();
        await using var log = await OpenAsync(folder, int.MaxValue);
        await log.AppendAsync(Record(1, 1));
        if (!byItsWork) folder.Faults.AtCommit = ScriptedFaults.Fail;

        await Assert.ThrowsAnyAsync<Exception>(() => log.WriteAsync(transaction =>
        {
            transaction.Erase(Key(1), []);
            if (byItsWork) throw new InvalidDataException();
        }));
        folder.Faults.Disarm();
        await log.UntilHealthyAsync();

        Assert.Equal(1, log.Reader.FindDecision(Decision(1, 1))!.Sequence);
        Assert.Equal(LogFailureKind.DecisionClash, (await log.AppendAsync(Record(2, 1, Decision(1, 1))))!.Kind);
        Assert.Null(await log.AppendAsync(Record(1, 2)));
    }

    [Fact]
    public void whatever_the_order_of_appends_failures_erasures_and_crashes_the_indexes_tell_what_the_log_holds()
    {
        var steps = Gen.Choose(0, 99).ListOf().SelectMany(codes => Gen.Elements(1, 5, 50, 5_000).Select(round => (codes.ToArray(), round)));
        var property = Prop.ForAll(Arb.From(steps), run => RunAsync(run.Item1, run.round).GetAwaiter().GetResult());

        Check.One(Config.QuickThrowOnFailure.WithMaxTest(60).WithEndSize(60).WithReplay(20261122, 31), property);
    }

    private static async Task<bool> RunAsync(int[] codes, int round)
    {
        var folder = new TestFolder();
        var log = await OpenAsync(folder, round);
        var next = new long[10];
        foreach (var code in codes)
        {
            var customer = code % 10;
            switch (code)
            {
                case < 80:
                    if (await log.AppendAsync(Record(customer, next[customer] + 1)) is null) next[customer]++;
                    break;
                case < 84:
                    folder.Faults.AtCommit = Once(() => folder.Faults.AtCommit = null);
                    break;
                case < 88:
                    folder.Faults.InsteadOfCommit = Once(() => folder.Faults.InsteadOfCommit = null);
                    break;
                case < 92:
                    folder.Faults.AtCommitted = Once(() => folder.Faults.AtCommitted = null);
                    break;
                case < 94:
                    folder.Faults.Disarm();
                    await log.WriteAsync(transaction => transaction.Erase(Key(customer), []));
                    break;
                default:
                    folder.Faults.Disarm();
                    var crashed = Crash(folder);
                    await log.DisposeAsync();
                    folder.Dispose();
                    folder = crashed;
                    log = await OpenAsync(folder, round);
                    break;
            }

            await log.UntilHealthyAsync();
        }

        folder.Faults.Disarm();
        await AssertIndexedAsync(log, (int)log.CommittedSequence);
        await log.DisposeAsync();
        folder.Dispose();
        return true;
    }

    /// <summary>Reads by each index against a scan of the log; and that what is there is refused.</summary>
    private static async Task AssertIndexedAsync(SqliteNodeLog log, int records)
    {
        var rows = log.Reader.ReadRange(0, int.MaxValue);
        Assert.Equal(records, rows.Count);
        foreach (var customer in rows.GroupBy(row => row.Customer))
        {
            Assert.Equal(customer.Select(row => row.Sequence), log.Reader.ReadCustomer(customer.Key, 0, int.MaxValue).Select(row => row.Sequence));
            var taken = TestRecord.Of(1, customer.First().CustomerSequence, personal: "");
            taken.Customer = customer.Key;
            Assert.Equal(LogFailureKind.SequenceClash, (await log.AppendAsync(taken))!.Kind);
        }

        foreach (var row in rows.Where(row => row.DecisionHash != default))
        {
            Assert.Equal(row.Sequence, log.Reader.FindDecision(row.DecisionHash)!.Sequence);
            Assert.Equal(LogFailureKind.DecisionClash, (await log.AppendAsync(Record(500, 1, row.DecisionHash)))!.Kind);
        }
    }

    /// <summary>The files as a killed process would leave them, in a folder of their own. Nothing may be under way.</summary>
    private static TestFolder Crash(TestFolder folder)
    {
        var crashed = new TestFolder();
        File.WriteAllBytes(crashed.Database, TestFolder.ReadShared(folder.Database));
        if (File.Exists(folder.Wal)) File.WriteAllBytes(crashed.Wal, TestFolder.ReadShared(folder.Wal));
        return crashed;
    }

    private static Action Once(Action disarm) => () =>
    {
        disarm();
        ScriptedFaults.Fail();
    };
}
