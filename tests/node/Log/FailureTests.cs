using PmOrleans.Node.Log;
using PmOrleans.Node.Log.Sqlite;

namespace PmOrleans.Node.Tests.Log;

public sealed class FailureTests
{
    [Fact]
    public async Task a_failure_before_the_commit_fails_the_batch_and_all_behind_it_before_anything_new_gets_in()
    {
        using var folder = new TestFolder();
        await using var log = await SqliteNodeLog.OpenAsync(folder.Options with { MaxBatchRecords = 5 });
        using var gate = new ManualResetEventSlim();
        var standing = folder.Faults.StopAtBegin(gate);
        folder.Faults.AtCommit = ScriptedFaults.Fail;
        var failed = 0;
        var admittedTooEarly = false;
        TestRecord Record(int n) => new()
        {
            Customer = TestRecord.Key(1),
            CustomerSequence = n,
            Accounting = new byte[1],
            OnDone = failure =>
            {
                if (failure is not null) failed++;
                admittedTooEarly |= log.TryAppend(TestRecord.Of(9, n));
            },
        };
        var records = Enumerable.Range(1, 20).Select(Record).ToList();
        foreach (var record in records) Assert.True(log.TryAppend(record));
        var work = log.WriteAsync(transaction => transaction.SetValue("k", [1]));
        await standing;

        gate.Set();
        var exception = await Assert.ThrowsAsync<NodeLogException>(() => work);

        Assert.Equal(20, failed);
        Assert.False(admittedTooEarly, "A record was let in while its predecessors were being failed.");
        Assert.All(records, record => Assert.Equal(LogFailureKind.Unavailable, record.Done.Result!.Kind));
        Assert.Equal(NodeLogError.Unavailable, exception.Error);
        Assert.Empty(log.Sequences());
        Assert.Equal(0, log.QueuedBytes);
    }

    [Fact]
    public async Task after_a_failure_the_log_recovers_by_itself()
    {
        using var folder = new TestFolder();
        await using var log = await folder.OpenAsync();
        folder.Faults.AtBegin = ScriptedFaults.Fail;
        var failure = await log.AppendAsync(TestRecord.Of(1, 1));
        Assert.Equal(LogHealth.Failing, log.Health);
        Assert.False(log.TryAppend(TestRecord.Of(1, 1)));

        folder.Faults.AtBegin = null;
        await log.UntilHealthyAsync();

        Assert.Equal(LogFailureKind.Unavailable, failure!.Kind);
        Assert.Null(await log.AppendAsync(TestRecord.Of(1, 1)));
        Assert.Equal([1L], log.Sequences());
    }

    [Fact]
    public async Task a_full_disk_fails_what_does_not_fit_and_room_lets_it_go_on()
    {
        using var folder = new TestFolder();
        await using var log = await folder.OpenAsync();
        var limit = "PRAGMA max_page_count=60";
        folder.Faults.AtBegin = () => folder.Faults.Database!.Execute(limit);
        LogFailure? failure = null;
        var written = 0;
        while (failure is null)
        {
            failure = await log.AppendAsync(TestRecord.Of(1, written + 1, personal: new string('x', 5_000)));
            if (failure is null) written++;
        }

        Assert.Equal(LogFailureKind.Unavailable, failure.Kind);
        Assert.Equal(LogHealth.Failing, log.Health);
        Assert.InRange(written, 5, 60);
        limit = "PRAGMA max_page_count=1000000";
        await log.UntilHealthyAsync();

        Assert.Null(await log.AppendAsync(TestRecord.Of(1, written + 1, personal: new string('x', 5_000))));
        Assert.Equal(Enumerable.Range(1, written + 1).Select(n => (long)n), log.Sequences());
    }

    [Fact]
    public async Task a_disk_that_is_full_at_the_commit_leaves_no_doubt()
    {
        using var folder = new TestFolder();
        await using var log = await folder.OpenAsync();
        var reopened = 0;
        folder.Faults.AtOpening = () => reopened++;
        folder.Faults.InsteadOfCommit = () =>
        {
            folder.Faults.InsteadOfCommit = null;
            folder.Faults.Database!.Execute("ROLLBACK");
            throw new SqliteStoreException(SQLitePCL.raw.SQLITE_FULL, "scripted");
        };

        var failure = await log.AppendAsync(TestRecord.Of(1, 1));
        await log.UntilHealthyAsync();

        Assert.Equal(LogFailureKind.Unavailable, failure!.Kind);
        Assert.Equal(0, reopened);
        Assert.Null(await log.AppendAsync(TestRecord.Of(1, 1)));
        Assert.Equal([1L], log.Sequences());
    }

    [Fact]
    public async Task a_locked_database_is_waited_for_a_bounded_time_and_then_a_failure()
    {
        using var folder = new TestFolder();
        await using var log = await folder.OpenAsync();
        LogFailure? failure;
        using (var other = SqliteDatabase.OpenExisting(folder.Database, TimeSpan.Zero))
        {
            other.Execute("BEGIN IMMEDIATE");
            failure = await log.AppendAsync(TestRecord.Of(1, 1));
            Assert.Equal(LogHealth.Failing, log.Health);
            other.Execute("ROLLBACK");
        }

        await log.UntilHealthyAsync();

        Assert.Equal(LogFailureKind.Unavailable, failure!.Kind);
        Assert.Null(await log.AppendAsync(TestRecord.Of(1, 1)));
    }

    [Fact]
    public async Task work_that_throws_takes_back_its_own_writes_only()
    {
        using var folder = new TestFolder();
        await using var log = await folder.OpenAsync();
        using var gate = new ManualResetEventSlim();
        var standing = folder.Faults.StopAtBegin(gate);
        var record = TestRecord.Of(1, 1);
        Assert.True(log.TryAppend(record));
        await standing;

        var good = log.WriteAsync(transaction => transaction.SetValue("good", [1]));
        var bad = log.WriteAsync(transaction =>
        {
            transaction.SetValue("bad", [1]);
            throw new InvalidDataException("mine");
        });
        var later = log.WriteAsync(transaction => transaction.SetValue("later", [1]));
        gate.Set();
        await Task.WhenAll(good, later);

        Assert.Equal("mine", (await Assert.ThrowsAsync<InvalidDataException>(() => bad)).Message);
        Assert.Null(await record.Done);
        Assert.Equal([1], log.Reader.GetValue("good")!);
        Assert.Equal([1], log.Reader.GetValue("later")!);
        Assert.Null(log.Reader.GetValue("bad"));
        Assert.Equal(LogHealth.Healthy, log.Health);
    }

    [Fact]
    public async Task a_transaction_kept_beyond_its_call_is_refused()
    {
        using var folder = new TestFolder();
        await using var log = await folder.OpenAsync();
        ILogTransaction? kept = null;

        await log.WriteAsync(transaction => kept = transaction);

        Assert.Throws<InvalidOperationException>(() => kept!.SetValue("k", [1]));
    }
}
