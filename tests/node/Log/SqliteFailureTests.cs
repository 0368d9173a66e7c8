using PmOrleans.Node.Log;
using PmOrleans.Node.Log.Sqlite;

namespace PmOrleans.Node.Tests.Log;

public sealed class SqliteFailureTests
{
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
        await using var log = await SqliteNodeLog.OpenAsync(folder.Options with { BusyTimeout = TimeSpan.FromMilliseconds(50) });
        LogFailure? failure;
        using (var other = SqliteDatabase.OpenExisting(folder.Database, TimeSpan.FromSeconds(30)))
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
}
