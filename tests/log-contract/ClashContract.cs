using PmOrleans.Node.Log;

namespace PmOrleans.Node.Tests.Log;

public abstract class ClashContract<TStore>
    where TStore : ITestStore, new()
{
    [LogFact]
    public async Task a_taken_customer_sequence_fails_that_customer_and_nobody_else()
    {
        using var store = new TStore();
        await using var log = await store.OpenAsync(options => options with { MaxBatchRecords = 4 });
        await log.AppendAsync(TestRecord.Of(1, 1));
        using var gate = new ManualResetEventSlim();
        var standing = store.Faults.StopAtBegin(gate);
        TestRecord[] records =
        [
            TestRecord.Of(2, 1), TestRecord.Of(1, 1), TestRecord.Of(1, 2), TestRecord.Of(2, 2),
            TestRecord.Of(1, 3), TestRecord.Of(2, 3), TestRecord.Of(1, 4),
        ];

        foreach (var record in records) Assert.True(log.TryAppend(record));
        await standing;
        gate.Set();
        await log.FlushAsync();

        // The writer may have taken fewer than four for its first batch, hence what is behind the clash is either in the batch or in the queue.
        Assert.Equal(
            [null, LogFailureKind.SequenceClash, LogFailureKind.Predecessor, null, LogFailureKind.Predecessor, null, LogFailureKind.Predecessor],
            records.Select(record => record.Done.Result?.Kind));
        Assert.Equal([1L, 2L, 3L, 4L], log.Sequences());
        Assert.Equal(LogHealth.Healthy, log.Health);
        Assert.Null(await log.AppendAsync(TestRecord.Of(1, 2)));
    }

    [LogFact]
    public async Task a_decision_id_is_in_the_log_once_whoever_brings_it()
    {
        using var store = new TStore();
        await using var log = await store.OpenAsync();
        await log.AppendAsync(TestRecord.Of(1, 1, decision: 77));

        var clash = await log.AppendAsync(TestRecord.Of(2, 1, decision: 77));
        var other = await log.AppendAsync(TestRecord.Of(2, 1, decision: 78));

        Assert.Equal(LogFailureKind.DecisionClash, clash!.Kind);
        Assert.Null(other);
        Assert.Equal(1, log.Reader.FindDecision(77)!.Sequence);
        Assert.Equal(2, log.Reader.FindDecision(78)!.Sequence);
    }

    [LogFact]
    public async Task a_record_refused_for_its_sequence_leaves_its_decision_id_free()
    {
        using var store = new TStore();
        await using var log = await store.OpenAsync();
        await log.AppendAsync(TestRecord.Of(1, 1));

        var clash = await log.AppendAsync(TestRecord.Of(1, 1, decision: 5));
        var retried = await log.AppendAsync(TestRecord.Of(1, 2, decision: 5));

        Assert.Equal(LogFailureKind.SequenceClash, clash!.Kind);
        Assert.Null(retried);
    }

    [LogFact]
    public async Task an_outside_id_points_to_one_customer()
    {
        using var store = new TStore();
        await using var log = await store.OpenAsync();
        var first = WithIdentity(1, 1, idHash: 9);
        var again = WithIdentity(1, 2, idHash: 9);
        var stranger = WithIdentity(2, 1, idHash: 9, decision: 4);

        Assert.Null(await log.AppendAsync(first));
        Assert.Null(await log.AppendAsync(again));
        var clash = await log.AppendAsync(stranger);

        Assert.Equal(LogFailureKind.IdentityClash, clash!.Kind);
        Assert.Equal(TestRecord.Key(1), log.Reader.FindIdentity(9)!.Customer);
        Assert.Empty(log.Reader.ReadCustomer(TestRecord.Key(2), 0, 10));
        Assert.Null(log.Reader.FindDecision(4));
        Assert.Null(await log.AppendAsync(TestRecord.Of(2, 1, decision: 4)));
    }

    [LogFact]
    public async Task records_of_the_node_itself_have_no_customer_sequence_to_clash()
    {
        using var store = new TStore();
        await using var log = await store.OpenAsync();

        for (var n = 0; n < 5; n++) Assert.Null(await log.AppendAsync(TestRecord.Of(0, 0)));

        Assert.Equal(5, log.CommittedSequence);
        Assert.All(log.Reader.ReadRange(0, 10), row => Assert.True(row.Customer.IsNone));
    }

    private static TestRecord WithIdentity(int customer, long sequence, UInt128 idHash, UInt128 decision = default)
    {
        var record = TestRecord.Of(customer, sequence, decision: decision);
        record.Identity = new IdentityRow(idHash, record.Customer, new byte[16]);
        return record;
    }
}
