using PmOrleans.Node.Log;

namespace PmOrleans.Node.Tests.Log;

public abstract class DoubtContract<TStore>
    where TStore : ITestStore, new()
{
    [LogFact]
    public async Task a_commit_that_happened_but_was_reported_as_failed_completes_its_records()
    {
        using var store = new TStore();
        await using var log = await store.OpenAsync();
        store.Faults.AtCommitted = Once(ScriptedFaults.Fail);

        var first = await log.AppendAsync(TestRecord.Of(1, 1));
        var second = await log.AppendAsync(TestRecord.Of(1, 2));

        Assert.Null(first);
        Assert.Null(second);
        Assert.Equal([1L, 2L], log.Sequences());
        Assert.Equal(LogHealth.Healthy, log.Health);
    }

    [LogFact]
    public async Task a_commit_that_did_not_happen_fails_its_records_and_all_behind_them()
    {
        using var store = new TStore();
        await using var log = await store.OpenAsync(options => options with { MaxBatchRecords = 2 });
        using var gate = new ManualResetEventSlim();
        var standing = store.Faults.StopAtBegin(gate);
        store.Faults.InsteadOfCommit = Once(ScriptedFaults.Fail);
        var records = Enumerable.Range(1, 6).Select(n => TestRecord.Of(1, n)).ToList();
        foreach (var record in records) Assert.True(log.TryAppend(record));
        await standing;

        gate.Set();
        await log.FlushAsync();

        Assert.All(records, record => Assert.Equal(LogFailureKind.Unavailable, record.Done.Result!.Kind));
        Assert.Empty(log.Sequences());
        await log.UntilHealthyAsync();
        Assert.Null(await log.AppendAsync(TestRecord.Of(1, 1)));
        Assert.Equal([1L], log.Sequences());
    }

    [LogTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task nobody_is_told_anything_until_the_store_can_be_read_again(bool happened)
    {
        using var store = new TStore();
        await using var log = await store.OpenAsync();
        if (happened) store.Faults.AtCommitted = Once(ScriptedFaults.Fail);
        else store.Faults.InsteadOfCommit = Once(ScriptedFaults.Fail);
        var record = TestRecord.Of(1, 1);
        var attempts = 0;
        var toldTooEarly = false;
        var admittedTooEarly = false;
        store.Faults.AtOpening = () =>
        {
            toldTooEarly |= record.Done.IsCompleted;
            admittedTooEarly |= log.TryAppend(TestRecord.Of(2, 1));
            if (++attempts < 5) ScriptedFaults.Fail();
        };

        var failure = await log.AppendAsync(record);

        Assert.Equal(5, attempts);
        Assert.False(toldTooEarly);
        Assert.False(admittedTooEarly);
        Assert.Equal(happened, failure is null);
        Assert.Equal(happened ? 1 : 0, log.Sequences().Count());
    }

    [LogTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task work_without_records_is_settled_as_well(bool happened)
    {
        using var store = new TStore();
        await using var log = await store.OpenAsync();
        await log.WriteAsync(transaction => transaction.SetValue("before", [1]));
        if (happened) store.Faults.AtCommitted = Once(ScriptedFaults.Fail);
        else store.Faults.InsteadOfCommit = Once(ScriptedFaults.Fail);

        var work = log.WriteAsync(transaction => transaction.SetValue("k", [1]));

        if (happened) await work;
        else await Assert.ThrowsAsync<NodeLogException>(() => work);
        Assert.Equal(happened, log.Reader.GetValue("k") is not null);
    }

    [LogTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task a_doubt_behind_a_seal_is_settled_by_what_lies_under_the_epoch(bool happened)
    {
        using var store = new TStore();
        await using var log = await store.OpenAsync();
        await log.AppendAsync(TestRecord.Of(1, 1));
        if (happened) store.Faults.AtCommitted = Once(ScriptedFaults.Fail);
        else store.Faults.InsteadOfCommit = Once(ScriptedFaults.Fail);
        store.Faults.AtOpening = () => store.Seal(log.Epoch);

        var failure = await log.AppendAsync(TestRecord.Of(1, 2));
        await log.FlushAsync();

        Assert.Equal(happened ? null : LogFailureKind.Fenced, failure?.Kind);
        Assert.Equal(LogHealth.Fenced, log.Health);
        Assert.Equal(happened ? 2 : 1, log.Sequences().Count());
    }

    private static Action Once(Action action)
    {
        var done = false;
        return () =>
        {
            if (done) return;
            done = true;
            action();
        };
    }
}
