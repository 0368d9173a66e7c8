using Npgsql;
using PmOrleans.Node.Log;

namespace PmOrleans.Node.Tests.Log;

/// <summary>A writer whose state is of before a customer's base finds the number taken, though the record that had it is gone.</summary>
public sealed class WritesBehindBaseTests : IDisposable
{
    private readonly TestSchema _schema = new();

    public void Dispose() => _schema.Dispose();

    [LogFact]
    public async Task a_record_below_the_base_of_its_customer_is_refused_as_by_a_taken_key_and_what_is_written_with_it_is_not()
    {
        await using var log = await OpenCutAsync();

        var records = new[] { TestRecord.Of(1, 4), TestRecord.Of(2, 1), TestRecord.Of(1, 5), TestRecord.Of(3, 6), TestRecord.Of(3, 7) };
        foreach (var record in records) Assert.True(log.TryAppend(record));
        var failures = await Task.WhenAll(records.Select(record => record.Done));

        Assert.Equal([true, false, true, false, false], failures.Select(failure => failure is not null));
        Assert.Equal(LogFailureKind.SequenceClash, failures[0]!.Kind);
        Assert.True(failures[2]!.Kind is LogFailureKind.SequenceClash or LogFailureKind.Predecessor, $"{failures[2]}");
        Assert.Empty(log.Reader.ReadCustomer(TestRecord.Key(1), 0, 10));
        Assert.Equal([6, 7], log.Reader.ReadCustomer(TestRecord.Key(3), 0, 10).Select(row => row.CustomerSequence));
        Assert.Equal(1, log.Reader.ReadCustomer(TestRecord.Key(2), 0, 10)[0].CustomerSequence);
    }

    [LogTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task a_record_that_comes_while_its_number_is_cut_waits_and_is_refused_whatever_becomes_of_the_cut(bool commits)
    {
        await using var log = await OpenCutAsync();
        Assert.Null(await log.AppendAsync(TestRecord.Of(3, 6)));
        await using var connection = await ConnectAsync();
        var cut = await connection.BeginTransactionAsync();
        Execute(connection, "DELETE FROM fact WHERE customer_sequence<=6; UPDATE base SET customer_sequence=6");
        var record = TestRecord.Of(3, 6);
        Assert.True(log.TryAppend(record));
        await UntilSomebodyWaitsAsync();

        if (commits) await cut.CommitAsync();
        else await cut.RollbackAsync();

        Assert.Equal(LogFailureKind.SequenceClash, (await record.Done)!.Kind);
        Assert.Equal(commits ? 0 : 1, log.Reader.ReadCustomer(TestRecord.Key(3), 0, 10).Count);
        Assert.Null(await log.AppendAsync(TestRecord.Of(4, 1)));
    }

    [LogFact]
    public async Task behind_an_erasure_nothing_comes_back_under_a_number_that_was_cut_with_the_base()
    {
        await using var log = await OpenCutAsync();
        await log.WriteAsync(transaction => transaction.Erase(TestRecord.Key(1), []));
        _schema.Execute("DELETE FROM base");

        Assert.Equal(LogFailureKind.Erased, (await log.AppendAsync(TestRecord.Of(1, 4, personal: "")))!.Kind);
    }

    [LogFact]
    public async Task a_writer_that_was_open_before_the_store_was_cut_is_refused_as_well_and_so_is_one_that_looks_at_no_base()
    {
        await using var log = await _schema.OpenAsync("a");
        await FillAsync(log);
        await CutAsync(log);

        Assert.Equal(LogFailureKind.SequenceClash, (await log.AppendAsync(TestRecord.Of(1, 5)))!.Kind);
        Assert.Equal("23505", Assert.Throws<PostgresException>(() => _schema.Execute(
            "INSERT INTO fact(customer, customer_sequence, sequence, at, epoch, turn, node, accounting, personal) SELECT customer, 2, 99, 1, 1, 1, 1, '', '' FROM base LIMIT 1")).SqlState);
    }

    /// <summary>Customers 1 and 3 have a base of five records each.</summary>
    private async Task<PostgresNodeLog> OpenCutAsync()
    {
        var log = await _schema.OpenAsync("a");
        await FillAsync(log);
        await CutAsync(log);
        Assert.True(log.LookForBases());
        return log;
    }

    private static async Task FillAsync(PostgresNodeLog log)
    {
        foreach (var sequence in Enumerable.Range(1, 5))
        {
            Assert.Null(await log.AppendAsync(TestRecord.Of(1, sequence)));
            Assert.Null(await log.AppendAsync(TestRecord.Of(3, sequence)));
        }
    }

    private async Task CutAsync(PostgresNodeLog log)
    {
        await log.Store.PrepareCutsAsync(default);
        _schema.Execute("""
            INSERT INTO base(customer, customer_sequence, accounting, personal) SELECT customer, max(customer_sequence), '', '' FROM fact GROUP BY customer;
            DELETE FROM fact
            """);
    }

    private async Task<NpgsqlConnection> ConnectAsync()
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_schema.Options.ConnectionString) { SearchPath = _schema.Name, Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    private static void Execute(NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }

    private async Task UntilSomebodyWaitsAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (_schema.Query<long>("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype='transactionid'") == 0) await Task.Delay(1, limit.Token);
    }
}
