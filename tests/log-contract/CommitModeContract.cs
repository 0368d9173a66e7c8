using PmOrleans.Node.Log;

namespace PmOrleans.Node.Tests.Log;

public abstract class CommitModeContract<TStore>
    where TStore : ITestStore, new()
{
    [LogFact]
    public async Task asynchronous_records_are_complete_before_the_disk_has_them()
    {
        using var store = new TStore();
        await using var log = await store.OpenAsync(options => options with { Commit = CommitMode.Async, FlushInterval = TimeSpan.FromHours(1) });

        for (var n = 1; n <= 20; n++) Assert.Null(await log.AppendAsync(TestRecord.Of(1, n)));
        var withoutDisk = log.Load.LastSyncTime;
        await log.FlushAsync();

        Assert.Equal(TimeSpan.Zero, withoutDisk);
        Assert.True(log.Load.LastSyncTime > TimeSpan.Zero);
        Assert.Equal(20, log.Sequences().Count());
    }

    [LogFact]
    public async Task asynchronous_records_reach_the_disk_within_the_interval_without_further_ado()
    {
        using var store = new TStore();
        await using var log = await store.OpenAsync(options => options with { Commit = CommitMode.Async, FlushInterval = TimeSpan.FromMilliseconds(5) });
        Assert.Null(await log.AppendAsync(TestRecord.Of(1, 1)));

        // No flush here: it would bring the disk along.
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (log.Load.LastSyncTime == TimeSpan.Zero && !timeout.IsCancellationRequested) await Task.Yield();

        Assert.True(log.Load.LastSyncTime > TimeSpan.Zero, "Nobody brought the record to the disk.");
    }

    [LogFact]
    public async Task work_waits_for_the_disk_in_both_modes()
    {
        using var store = new TStore();
        await using var log = await store.OpenAsync(options => options with { Commit = CommitMode.Async, FlushInterval = TimeSpan.FromHours(1) });

        await log.WriteAsync(transaction => transaction.SetValue("k", [1]));

        Assert.True(log.Load.LastSyncTime > TimeSpan.Zero);
    }
}
