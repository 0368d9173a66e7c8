using PmOrleans.Node.Log;

namespace PmOrleans.Node.Tests.Log;

public abstract class AppendContract<TStore>
    where TStore : ITestStore, new()
{
    [LogFact]
    public async Task records_are_committed_in_the_order_they_were_queued()
    {
        using var store = new TStore();
        await using var log = await store.OpenAsync();
        var records = Enumerable.Range(1, 500)
            .Select(n => TestRecord.Of(n % 7 + 1, n, personal: $"p{n}", decision: (UInt128)n)).ToList();

        foreach (var record in records) Assert.True(log.TryAppend(record));
        await log.FlushAsync();

        var rows = log.Reader.ReadRange(0, 1000);
        Assert.Equal(500, log.CommittedSequence);
        Assert.Equal(Enumerable.Range(1, 500).Select(n => (long)n), rows.Select(row => row.Sequence));
        Assert.Equal(Enumerable.Range(1, 500).Select(n => (long)n), rows.Select(row => row.CustomerSequence));
        Assert.All(records, record => Assert.Null(record.Done.Result));
        Assert.All(rows, row => Assert.Equal(log.Epoch, row.Epoch));
        Assert.Equal(records[41].Accounting.ToArray(), rows[41].Accounting);
        Assert.Equal(records[41].Personal.ToArray(), rows[41].Personal);
        Assert.Equal(records[41].Customer, rows[41].Customer);
        Assert.Equal(records[41].AtMicros, rows[41].AtMicros);
        Assert.Equal((UInt128)42, rows[41].DecisionHash);
        Assert.Equal(42, log.Reader.FindDecision(42)!.Sequence);
    }

    [LogFact]
    public async Task what_queues_up_during_a_commit_is_committed_together()
    {
        using var store = new TStore();
        await using var log = await store.OpenAsync();
        using var gate = new ManualResetEventSlim();
        var standing = store.Faults.StopAtBegin(gate);
        Assert.True(log.TryAppend(TestRecord.Of(1, 1)));
        await standing;

        for (var n = 1; n <= 300; n++) Assert.True(log.TryAppend(TestRecord.Of(2, n)));
        gate.Set();
        await log.FlushAsync();

        Assert.Equal(301, log.CommittedSequence);
        Assert.Equal(2, store.Faults.Commits);
    }

    [LogFact]
    public async Task a_transaction_holds_no_more_records_and_bytes_than_allowed()
    {
        using var store = new TStore();
        await using var log = await store.OpenAsync(options => options with { MaxBatchRecords = 10, MaxBatchBytes = 2_000 });
        var sizes = new List<int>();
        log.OnCommitted = records => sizes.Add(records.Count);

        for (var n = 1; n <= 100; n++) Assert.True(log.TryAppend(TestRecord.Of(1, n)));
        for (var n = 101; n <= 110; n++) Assert.True(log.TryAppend(TestRecord.Of(1, n, personal: new string('x', 2_000))));
        await log.FlushAsync();

        Assert.Equal(110, sizes.Sum());
        Assert.All(sizes, size => Assert.InRange(size, 1, 10));
        Assert.True(sizes.Count >= 20, "Each large record should have ended its transaction.");
    }

    [LogFact]
    public async Task followers_hear_of_a_commit_before_the_callers_do()
    {
        using var store = new TStore();
        await using var log = await store.OpenAsync();
        var heard = new List<string>();
        log.OnCommitted = records => heard.Add("followers " + string.Join(',', records.Select(record => record.Sequence)));

        await log.AppendAsync(new TestRecord { Accounting = new byte[1], OnDone = _ => heard.Add("caller") });
        await log.FlushAsync();

        Assert.Equal(["followers 1", "caller"], heard);
    }

    [LogFact]
    public async Task an_append_beyond_the_bytes_allowed_is_refused_and_room_comes_back()
    {
        using var store = new TStore();
        await using var log = await store.OpenAsync(options => options with { MaxQueuedBytes = 10_000 });
        using var gate = new ManualResetEventSlim();
        var standing = store.Faults.StopAtBegin(gate);
        Assert.True(log.TryAppend(TestRecord.Of(1, 1)));
        await standing;

        var accepted = 1;
        while (log.TryAppend(TestRecord.Of(1, accepted + 1, personal: new string('x', 500)))) accepted++;
        var queued = log.Load.QueuedBytes;
        gate.Set();
        await log.FlushAsync();

        Assert.InRange(queued, 9_000, 10_000);
        Assert.Equal(accepted, log.CommittedSequence);
        Assert.Equal(0, log.Load.QueuedBytes);
        Assert.Equal(0, log.Load.QueuedRecords);
        Assert.Null(await log.AppendAsync(TestRecord.Of(1, accepted + 1)));
    }

    [LogFact]
    public async Task a_record_that_declines_is_not_queued()
    {
        using var store = new TStore();
        await using var log = await store.OpenAsync();

        var accepted = log.TryAppend(new TestRecord { Accounting = new byte[1], Admission = () => false });
        await log.FlushAsync();

        Assert.False(accepted);
        Assert.Equal(0, log.CommittedSequence);
        Assert.Equal(0, log.Load.QueuedRecords);
    }

    [LogFact]
    public async Task readers_see_nothing_before_the_commit()
    {
        using var store = new TStore();
        await using var log = await store.OpenAsync();
        await log.AppendAsync(TestRecord.Of(1, 1));
        var seen = -1;
        store.Faults.AtCommit = () => seen = log.Reader.ReadRange(0, 10).Count;

        await log.AppendAsync(TestRecord.Of(1, 2));

        Assert.Equal(1, seen);
        Assert.Equal([1L, 2L], log.Sequences());
    }

    [LogFact]
    public async Task closing_writes_what_is_queued_and_refuses_what_comes()
    {
        using var store = new TStore();
        var log = await store.OpenAsync();
        var records = Enumerable.Range(1, 2_000).Select(n => TestRecord.Of(1, n)).ToList();
        foreach (var record in records) Assert.True(log.TryAppend(record));

        await log.DisposeAsync();

        Assert.All(records, record => Assert.Null(record.Done.Result));
        Assert.False(log.TryAppend(TestRecord.Of(1, 2_001)));
        var refusal = await Assert.ThrowsAsync<NodeLogException>(() => log.WriteAsync(_ => { }));
        Assert.Equal(NodeLogError.Closed, refusal.Error);
        await using var again = await store.OpenAsync();
        Assert.Equal(2_000, again.CommittedSequence);
    }
}
