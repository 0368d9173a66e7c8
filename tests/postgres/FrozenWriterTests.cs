using PmOrleans.Node.Log.Postgres;

namespace PmOrleans.Node.Tests.Log;

/// <summary>A writer that stops in the worst place: inside a transaction, or with a batch on its way while a new connection has taken over.</summary>
public sealed class FrozenWriterTests
{
    [LogFact]
    public async Task a_seal_gets_past_a_process_that_froze_inside_a_transaction()
    {
        using var schema = new TestSchema();
        await using var log = await schema.OpenAsync("a");
        await log.AppendAsync(TestRecord.Of(1, 1));
        await using var source = StoreConnections.Writer(schema.Options);
        using var frozen = WriterSession.Take(await source.OpenConnectionAsync(), node: 1, log.Epoch);
        frozen.Execute("BEGIN");
        Run(frozen, frozen.Begin(end: 2, work: 0, knownErasure: null, erases: false));

        var end = await log.Store.SealAsync("a", log.Epoch);

        Assert.Equal(1, end);
        Assert.True(ServerFailure.IsServer(Assert.ThrowsAny<Exception>(() => frozen.Execute("COMMIT"))));
        Assert.Equal([1L], log.Sequences());
    }

    [LogFact]
    public async Task what_an_earlier_connection_left_on_its_way_writes_nothing_once_the_next_has_its_number()
    {
        using var schema = new TestSchema();
        await using var log = await schema.OpenAsync("a");
        await using var source = StoreConnections.Writer(schema.Options);
        using var earlier = WriterSession.Take(await source.OpenConnectionAsync(), node: 1, log.Epoch);
        using var later = WriterSession.Take(await source.OpenConnectionAsync(), node: 1, log.Epoch);

        var late = Assert.ThrowsAny<Exception>(() => Run(earlier, earlier.Begin(end: 1, work: 0, knownErasure: null, erases: false)));
        Run(later, later.Begin(end: 1, work: 0, knownErasure: null, erases: false));

        Assert.True(ServerFailure.IsSealed(late));
    }

    [LogFact]
    public async Task a_doubt_waits_for_the_transaction_that_is_still_under_way()
    {
        using var schema = new TestSchema();
        await using var log = await schema.OpenAsync("a");
        await using var source = StoreConnections.Writer(schema.Options);
        using var underWay = WriterSession.Take(await source.OpenConnectionAsync(), node: 1, log.Epoch);
        underWay.Execute("BEGIN");
        Run(underWay, underWay.Begin(end: 7, work: 0, knownErasure: null, erases: false));
        var connection = await source.OpenConnectionAsync();

        var taking = Task.Run(() => WriterSession.Take(connection, node: 1, log.Epoch));
        while (schema.Query<long>("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type='Lock' AND query LIKE 'UPDATE epoch SET writer%'") == 0)
            await Task.Yield();
        var tookTooEarly = taking.IsCompleted;
        underWay.Execute("COMMIT");
        using var taken = await taking;

        Assert.False(tookTooEarly);
        Assert.Equal(7, taken.End);
    }

    private static void Run(WriterSession session, Npgsql.NpgsqlBatchCommand command)
    {
        using var batch = session.NewBatch();
        batch.BatchCommands.Add(command);
        batch.ExecuteNonQuery();
    }
}
