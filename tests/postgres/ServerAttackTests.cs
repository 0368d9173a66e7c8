using PmOrleans.Node.Log;

namespace PmOrleans.Node.Tests.Log;

/// <summary>The server goes away under appends, in every way it can.</summary>
public sealed class ServerAttackTests
{
    [LogFact]
    public async Task a_server_that_dies_at_once_loses_nothing_that_was_acknowledged_and_doubles_nothing()
    {
        using var server = new PostgresServer();
        using var schema = new TestSchema(server.ConnectionString);
        await using var first = await schema.OpenAsync("first");
        await using var second = await schema.OpenAsync("second");
        await using var loads = new Loads(new NodeLoad(first, 100), new NodeLoad(second, 200));

        for (var round = 1; round <= 3; round++)
        {
            await loads.UntilAsync(round * 200);
            server.Kill();
            await loads.UntilFailingAsync();
            server.Start();
        }

        await loads.UntilAsync(1_000);
        await loads.CheckAsync(first.Reader);
        await CheckLogAsync(first);
        await CheckLogAsync(second);
    }

    [LogFact]
    public async Task while_the_server_is_stopped_appends_are_refused_at_once_and_afterwards_they_are_not()
    {
        using var server = new PostgresServer();
        using var schema = new TestSchema(server.ConnectionString);
        await using var log = await schema.OpenAsync("a");
        Assert.Null(await log.AppendAsync(TestRecord.Of(1, 1)));
        server.Kill();

        var lost = TestRecord.Of(1, 2);
        Assert.True(log.TryAppend(lost));
        await log.UntilFailingAsync();
        var whileStopped = log.TryAppend(TestRecord.Of(2, 1));
        var refusal = await Assert.ThrowsAsync<NodeLogException>(() => log.WriteAsync(work => work.SetValue("k", [1])));
        var unreadable = Assert.Throws<NodeLogException>(() => log.Reader.ReadRange(0, 1));
        var toldWhileInDoubt = lost.Done.IsCompleted;
        server.Start();
        await log.UntilHealthyAsync();

        Assert.False(whileStopped);
        Assert.Equal(NodeLogError.Unavailable, refusal.Error);
        Assert.Equal(NodeLogError.Unavailable, unreadable.Error);
        Assert.False(toldWhileInDoubt);
        Assert.Equal(LogFailureKind.Unavailable, (await lost.Done)!.Kind);
        Assert.Null(await log.AppendAsync(TestRecord.Of(1, 2)));
        Assert.Equal([1L, 2L], log.Sequences());
    }

    [LogFact]
    public async Task sessions_that_the_server_ends_again_and_again_lose_and_double_nothing()
    {
        using var schema = new TestSchema();
        await using var log = await schema.OpenAsync("a");
        await using var loads = new Loads(new NodeLoad(log, 100));

        for (var round = 1; round <= 40; round++)
        {
            await loads.UntilAsync(round * 25);
            schema.Query<long>(
                $"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name='pmorleans' AND pid<>pg_backend_pid() AND query LIKE '%begin_write%'");
        }

        await loads.UntilAsync(1_100);
        await loads.CheckAsync(log.Reader);
        await CheckLogAsync(log);
    }

    [LogTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task a_store_that_has_lost_what_it_told_of_is_written_no_more_by_who_was_told(bool restarted)
    {
        using var schema = new TestSchema();
        if (restarted)
        {
            await using var before = await schema.OpenAsync("a");
            Assert.Null(await before.AppendAsync(TestRecord.Of(1, 1)));
        }

        await using var log = await schema.OpenAsync("a");
        var first = log.CommittedSequence;
        for (var n = 1; n <= 3; n++) Assert.Null(await log.AppendAsync(TestRecord.Of(2, n)));

        // As after an asynchronous commit and a crash of the server, behind a standby that lags, or in a backup that was restored.
        schema.Execute($"DELETE FROM fact WHERE sequence>{first}; UPDATE epoch SET last_sequence=0 WHERE epoch={log.Epoch}");
        schema.EndWriters();
        Assert.NotNull(await log.AppendAsync(TestRecord.Of(2, 4)));
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (log.Health == LogHealth.Failing) await Task.Delay(1, limit.Token);

        Assert.Equal(LogHealth.Fenced, log.Health);
        Assert.Equal($"the store has lost what it had acknowledged: it ends at record {first}, and this process was told of {first + 3}", log.Trouble);
        Assert.Contains(log.Trouble!, (await Assert.ThrowsAsync<NodeLogException>(() => log.WriteAsync(work => work.SetValue("k", [1])))).Message, StringComparison.Ordinal);
        await using var next = await schema.OpenAsync("a");
        Assert.Null(await next.AppendAsync(TestRecord.Of(2, 1)));
        await CheckLogAsync(next);
    }

    /// <summary>A node's sequences have no hole, and no two records.</summary>
    private static async Task CheckLogAsync(INodeLog log)
    {
        await log.FlushAsync();
        var sequences = log.Reader.ReadRange(0, int.MaxValue).Select(row => row.Sequence).ToList();
        Assert.Equal(Enumerable.Range(1, sequences.Count).Select(n => (long)n), sequences);
        Assert.Equal(log.CommittedSequence, sequences.Count);
    }

    private sealed class Loads : IAsyncDisposable
    {
        private readonly NodeLoad[] _loads;

        public Loads(params NodeLoad[] loads)
        {
            _loads = loads;
            foreach (var load in loads) load.Start();
        }

        public Task UntilAsync(long acknowledged) => Task.WhenAll(_loads.Select(load => load.UntilAsync(acknowledged)));

        /// <summary>Every log has met the outage.</summary>
        public Task UntilFailingAsync() => Task.WhenAll(_loads.Select(load => load.Log.UntilFailingAsync()));

        public Task CheckAsync(ILogReader reader) => Task.WhenAll(_loads.Select(load => load.CheckAsync(reader)));

        public async ValueTask DisposeAsync()
        {
            foreach (var load in _loads) await load.DisposeAsync();
        }
    }
}
