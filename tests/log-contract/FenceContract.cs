using PmOrleans.Node.Log;

namespace PmOrleans.Node.Tests.Log;

public abstract class FenceContract<TStore>
    where TStore : ITestStore, new()
{
    [LogFact]
    public async Task a_frozen_writer_that_wakes_up_behind_a_seal_writes_nothing_more()
    {
        using var store = new TStore();
        await using var log = await store.OpenAsync();
        await log.AppendAsync(TestRecord.Of(1, 1));
        using var gate = new ManualResetEventSlim();
        var standing = store.Faults.StopAtBegin(gate);
        var queued = Enumerable.Range(2, 50).Select(n => TestRecord.Of(1, n)).ToList();
        Assert.True(log.TryAppend(queued[0]));
        await standing;
        foreach (var record in queued.Skip(1)) Assert.True(log.TryAppend(record));
        var work = log.WriteAsync(transaction => transaction.SetValue("k", [1]));

        var end = store.Seal(log.Epoch);
        gate.Set();
        await log.FlushAsync();

        Assert.Equal(1, end);
        Assert.All(queued, record => Assert.Equal(LogFailureKind.Fenced, record.Done.Result!.Kind));
        Assert.Equal(NodeLogError.Fenced, (await Assert.ThrowsAsync<NodeLogException>(() => work)).Error);
        Assert.Equal(LogHealth.Fenced, log.Health);
        Assert.False(log.TryAppend(TestRecord.Of(1, 2)));
        Assert.Equal(NodeLogError.Fenced, (await Assert.ThrowsAsync<NodeLogException>(() => log.WriteAsync(_ => { }))).Error);
        Assert.Equal([1L], log.Sequences());
        Assert.Null(log.Reader.GetValue("k"));
    }

    [LogFact]
    public async Task opening_seals_every_earlier_epoch_and_begins_a_larger_one()
    {
        using var store = new TStore();
        var first = await store.OpenAsync();
        await first.DisposeAsync();

        await using var second = await store.OpenAsync();

        Assert.True(second.Epoch > first.Epoch);
        Assert.Equal([(first.Epoch, true), (second.Epoch, false)], second.Reader.Epochs());
        Assert.Equal(first.Secret.ToArray(), second.Secret.ToArray());
        Assert.Equal(32, first.Secret.Length);
    }

    [LogFact]
    public async Task a_seal_says_where_the_epoch_ended()
    {
        using var store = new TStore();
        var first = await store.OpenAsync();
        for (var n = 1; n <= 3; n++) await first.AppendAsync(TestRecord.Of(1, n));
        await first.DisposeAsync();
        var silent = await store.OpenAsync();
        await silent.DisposeAsync();
        var third = await store.OpenAsync();
        await third.AppendAsync(TestRecord.Of(1, 4));
        await third.DisposeAsync();

        Assert.Equal(3, store.Seal(first.Epoch));
        Assert.Equal(0, store.Seal(silent.Epoch));
        Assert.Equal(4, store.Seal(third.Epoch));
        Assert.Throws<ArgumentOutOfRangeException>(() => store.Seal(99));
    }

    [LogFact]
    public async Task an_idle_log_under_asynchronous_commits_finds_the_seal_at_the_next_append()
    {
        using var store = new TStore();
        await using var log = await store.OpenAsync(options => options with { Commit = CommitMode.Async });
        await log.AppendAsync(TestRecord.Of(1, 1));
        await log.FlushAsync();

        store.Seal(log.Epoch);
        var failure = await log.AppendAsync(TestRecord.Of(1, 2));

        Assert.Equal(LogFailureKind.Fenced, failure!.Kind);
        Assert.Equal([1L], log.Sequences());
    }
}
