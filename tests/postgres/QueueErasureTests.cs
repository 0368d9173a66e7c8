using Npgsql;
using PmOrleans.Decisioning.Facts;

namespace PmOrleans.Node.Tests.Log;

/// <summary>Erasures beside whatever else moves what is queued.</summary>
public sealed class QueueErasureTests
{
    private static readonly List<short> AllParts = [.. Enumerable.Range(0, 32).Select(part => (short)part)];

    [LogFact]
    public async Task an_erasure_beside_a_row_that_is_just_set_aside_leaves_nothing_of_it()
    {
        using var schema = new TestSchema();
        await using var node = await QueueNode.StartAsync(schema);
        await node.QueueAsync(View("c-1", 0), View("c-1", 1), View("c-2", 0));
        await node.Queue.TakeAsync(AllParts);
        var rows = await node.Queue.ReadAsync(AllParts, [], 10);
        schema.Execute(
            """
            CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock(4711); RETURN NEW; END';
            CREATE TRIGGER hold BEFORE INSERT ON set_aside FOR EACH ROW EXECUTE FUNCTION hold();
            """);
        await using var holder = new NpgsqlConnection(PostgresServer.Shared.ConnectionString);
        await holder.OpenAsync();
        await RunAsync(holder, "SELECT pg_advisory_lock(4711)");

        var aside = node.Queue.SetAsideAsync(rows.ConvertAll(row => (row, $"reason {row.Number}")));
        await UntilWaitingAsync(schema, 1);
        var erasure = node.Engine.EraseAsync("c-1").AsTask();
        await UntilWaitingAsync(schema, 2);
        await RunAsync(holder, "SELECT pg_advisory_unlock(4711)");
        await aside;
        Assert.Null((await erasure).Refusal);

        Assert.Equal(0, schema.Query<long>("SELECT count(*) FROM queued"));
        Assert.Equal(1, schema.Query<long>("SELECT count(*) FROM set_aside"));
        Assert.True(schema.Query<bool>("SELECT reason = 'reason ' || number FROM set_aside"));
        Assert.Equal(1, schema.Query<long>("SELECT count(*) FROM tombstone WHERE length(message_hashes) = 16"));
    }

    [LogFact]
    public async Task what_is_queued_behind_an_erasure_by_a_node_whose_clock_was_ahead_is_the_new_customers()
    {
        using var schema = new TestSchema();
        await using var ahead = await QueueNode.StartAsync(schema, "ahead", time: new Ahead());
        await using var node = await QueueNode.StartAsync(schema, "behind");
        await ahead.Engine.IngestAsync([View("c-1", 0)]);
        Assert.Null((await ahead.Engine.EraseAsync("c-1")).Refusal);

        await node.QueueAsync(View("c-1", 1));
        node.Begin();
        await node.UntilEmptyAsync(schema);

        Assert.Equal("c-1/1", await node.HistoryAsync("c-1"));
    }

    [LogFact]
    public async Task an_erasure_reads_no_more_of_a_long_queue_than_the_part_of_its_customer()
    {
        using var schema = new TestSchema();
        await using var node = await QueueNode.StartAsync(schema);
        schema.Execute(
            """
            INSERT INTO queued SELECT queue_part_of(c), n, c, 1, ''::bytea, decode(repeat('00', 200), 'hex')
            FROM (SELECT n, md5(n::text)::uuid AS c FROM generate_series(1, 6400) n) r;
            ANALYZE queued;
            """);

        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(PostgresServer.Shared.ConnectionString) { SearchPath = schema.Name }.ConnectionString);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await RunAsync(connection, "SELECT erase_customer(gen_random_uuid(), ARRAY[md5('1')::uuid, gen_random_uuid()], ARRAY[1, 1], ARRAY[''::bytea, ''])");
        await using var read = new NpgsqlCommand("SELECT seq_tup_read + idx_tup_fetch, n_tup_del FROM pg_stat_xact_user_tables WHERE relid = 'queued'::regclass", connection);
        await using var row = await read.ExecuteReaderAsync();
        Assert.True(await row.ReadAsync());

        Assert.InRange(row.GetInt64(0), 1, 640);
        Assert.Equal(1, row.GetInt64(1));
    }

    private static Touchpoint View(string customer, int n) => new() { MessageId = $"{customer}/{n}", CustomerId = customer, Type = "view" };

    private static Task UntilWaitingAsync(TestSchema schema, int sessions) =>
        QueueNode.UntilAsync(() => Task.FromResult(schema.Query<long>("SELECT count(*) FROM pg_locks WHERE NOT granted") == sessions));

    private static async Task RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private sealed class Ahead : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddHours(1);
    }
}
