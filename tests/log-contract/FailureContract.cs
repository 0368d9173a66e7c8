using PmOrleans.Node.Log;

namespace PmOrleans.Node.Tests.Log;

public abstract class FailureContract<TStore>
    where TStore : ITestStore, new()
{
    [LogFact]
    public async Task a_failure_before_the_commit_fails_the_batch_and_all_behind_it_before_anything_new_gets_in()
    {
        using var store = new TStore();
        await using var log = await store.OpenAsync(options => options with { MaxBatchRecords = 5 });
        using var gate = new ManualResetEventSlim();
        var standing = store.Faults.StopAtBegin(gate);
        store.Faults.AtCommit = ScriptedFaults.Fail;
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
        Assert.Equal(0, log.Load.QueuedBytes);
    }

    [LogFact]
    public async Task after_a_failure_the_log_recovers_by_itself()
    {
        using var store = new TStore();
        await using var log = await store.OpenAsync();
        store.Faults.AtBegin = ScriptedFaults.Fail;
        var failure = await log.AppendAsync(TestRecord.Of(1, 1));
        Assert.Equal(LogHealth.Failing, log.Health);
        Assert.False(log.TryAppend(TestRecord.Of(1, 1)));

        store.Faults.AtBegin = null;
        await log.UntilHealthyAsync();

        Assert.Equal(LogFailureKind.Unavailable, failure!.Kind);
        Assert.Null(await log.AppendAsync(TestRecord.Of(1, 1)));
        Assert.Equal([1L], log.Sequences());
    }

    [LogFact]
    public async Task work_that_throws_takes_back_its_own_writes_only()
    {
        using var store = new TStore();
        await using var log = await store.OpenAsync();
        using var gate = new ManualResetEventSlim();
        var standing = store.Faults.StopAtBegin(gate);
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

    [LogFact]
    public async Task a_transaction_kept_beyond_its_call_is_refused()
    {
        using var store = new TStore();
        await using var log = await store.OpenAsync();
        ILogTransaction? kept = null;

        await log.WriteAsync(transaction => kept = transaction);

        Assert.Throws<InvalidOperationException>(() => kept!.SetValue("k", [1]));
    }
}
