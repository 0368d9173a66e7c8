using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Npgsql;
using NpgsqlTypes;
using PmOrleans.Decisioning.Identity;
using PmOrleans.Node.Log;
using PmOrleans.Node.Log.Postgres;
using PmOrleans.Node.Tests.Log;

namespace PmOrleans.Benchmarks;

/// <summary>
/// Records a second of a node's log in PostgreSQL against bare inserts of the same bytes: one table, one bigint key, prepared single-row inserts as pgbench sends
/// them, but pipelined; the same number of rows in a transaction, in the same run on the same server. The load comes from this process, on the same machine.
/// </summary>
/// <remarks>
/// Options: <c>--records</c> (200,000), <c>--group</c> records in a transaction (200), <c>--customers</c> (100,000), <c>--accounting</c> (120) and
/// <c>--personal</c> bytes (150), <c>--decisions</c> percent of the records with a decision id (0: touchpoints), <c>--nodes</c> writing at once (1),
/// <c>--rounds</c> (3), <c>--bases</c> percent of the customers whose earlier records were cut by running nodes: then each round also writes into a store without any (0: neither). <c>--connection TEXT</c> takes a server that is there; without it one is started in a temporary folder.
/// </remarks>
public static class PostgresThroughput
{
    public static async Task RunAsync(string[] args)
    {
        BenchmarkMachine.Print();
        var load = new Load(
            BenchmarkOptions.Number(args, "--records", 200_000),
            BenchmarkOptions.Number(args, "--group", 200),
            BenchmarkOptions.Number(args, "--customers", 100_000),
            BenchmarkOptions.Number(args, "--accounting", 120),
            BenchmarkOptions.Number(args, "--personal", 150),
            BenchmarkOptions.Number(args, "--decisions", 0),
            BenchmarkOptions.Number(args, "--nodes", 1));
        var bases = BenchmarkOptions.Number(args, "--bases", 0);
        var given = Array.IndexOf(args, "--connection");
        if (given < 0 && PostgresServer.Lack is { } lack)
        {
            Console.WriteLine($"skipped: {lack}");
            return;
        }

        using var server = given < 0 ? new PostgresServer() : null;
        var connectionString = server?.ConnectionString ?? args[given + 1];
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{load.Records:N0} records of {load.Accounting} + {load.Personal} bytes, {load.DecisionPercent} % with a decision id, {load.Group} in a transaction at most, {load.Customers:N0} customers, {load.Nodes} nodes"));
        for (var round = 1; round <= BenchmarkOptions.Number(args, "--rounds", 3); round++)
        {
            var bare = await BareAsync(connectionString, load);
            var log = await LogAsync(connectionString, round, load, basePercent: null);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"bare {bare:N0}/s   log {log.PerSecond:N0}/s   ratio {log.PerSecond / bare:P0}   {log.Commits:N0} transactions ({load.Records / (double)log.Commits:N0} records each)   {log.BytesPerRecord:N0} bytes allocated a record"));
            if (bases == 0) continue;
            var cut = await LogAsync(connectionString, round, load, bases);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"   with bases of {bases} % of the customers {cut.PerSecond:N0}/s   against the log without {cut.PerSecond / log.PerSecond:P0}"));
        }
    }

    private static async Task<double> BareAsync(string connectionString, Load load)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { MaxAutoPrepare = 8, AutoPrepareMinUsages = 2 }.ConnectionString);
        await connection.OpenAsync();
        await ExecuteAsync(connection, "DROP TABLE IF EXISTS bare; CREATE TABLE bare(sequence bigint PRIMARY KEY, bytes bytea NOT NULL)");
        var bytes = RandomNumberGenerator.GetBytes(CustomerKey.Size + load.Accounting + load.Personal);
        var started = Stopwatch.GetTimestamp();
        for (var n = 0; n < load.Records;)
        {
            await using var batch = new NpgsqlBatch(connection);
            for (var inBatch = 0; inBatch < load.Group && n < load.Records; inBatch++)
            {
                var insert = new NpgsqlBatchCommand("INSERT INTO bare VALUES($1, $2)");
                insert.Parameters.Add(new NpgsqlParameter<long> { TypedValue = ++n, NpgsqlDbType = NpgsqlDbType.Bigint });
                insert.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = bytes, NpgsqlDbType = NpgsqlDbType.Bytea });
                batch.BatchCommands.Add(insert);
            }

            await batch.ExecuteNonQueryAsync();
        }

        return load.Records / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static async Task<(double PerSecond, int Commits, double BytesPerRecord)> LogAsync(string connectionString, int round, Load load, int? basePercent)
    {
        var schema = $"bench_{round}";
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await ExecuteAsync(connection, $"DROP SCHEMA IF EXISTS {schema} CASCADE");
        var logs = new List<PostgresNodeLog>();
        var commits = 0;
        var pending = new List<Record[]>();
        for (var node = 0; node < load.Nodes; node++)
        {
            var log = await PostgresNodeLog.OpenAsync(
                new PostgresLogOptions { ConnectionString = connectionString, Node = $"n{node}", Schema = schema, MaxBatchRecords = load.Group });
            log.OnCommitted = _ => Interlocked.Increment(ref commits);
            logs.Add(log);
            pending.Add(MakeRecords(load, node));
        }

        if (basePercent is { } percent)
        {
            await logs[0].Store.PrepareCutsAsync(default);
            await using var bases = new NpgsqlCommand($"INSERT INTO {schema}.base SELECT u, 0, '', '' FROM unnest($1) u", connection);
            bases.Parameters.Add(new NpgsqlParameter<Guid[]>
            {
                TypedValue = [.. pending.SelectMany(records => records).Select(record => Uuid.Of(record.Customer)).Distinct().Where((_, n) => n % 100 < percent)],
            });
            await bases.ExecuteNonQueryAsync();
        }

        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        var started = Stopwatch.GetTimestamp();
        var threads = logs.Select((log, node) => new Thread(() => Append(log, pending[node]))).ToList();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        await Task.WhenAll(logs.Select(log => log.FlushAsync()));
        var elapsed = Stopwatch.GetElapsedTime(started);
        var bytes = (GC.GetTotalAllocatedBytes(precise: true) - allocated) / (double)load.Records;
        foreach (var log in logs) await log.DisposeAsync();
        await ExecuteAsync(connection, $"DROP SCHEMA {schema} CASCADE");
        return (pending.Sum(records => records.Length) / elapsed.TotalSeconds, commits, bytes);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Each node has customers of its own and visits them at random.</summary>
    private static Record[] MakeRecords(Load load, int node)
    {
        var random = new Random(node);
        var keys = new CustomerKey[load.Customers / load.Nodes];
        for (var n = 0; n < keys.Length; n++) keys[n] = CustomerKey.Read(RandomNumberGenerator.GetBytes(CustomerKey.Size));
        var sequences = new long[keys.Length];
        var accounting = RandomNumberGenerator.GetBytes(load.Accounting);
        var personal = RandomNumberGenerator.GetBytes(load.Personal);
        var records = new Record[load.Records / load.Nodes];
        for (var n = 0; n < records.Length; n++)
        {
            var customer = random.Next(keys.Length);
            records[n] = new Record
            {
                Customer = keys[customer], CustomerSequence = ++sequences[customer], AtMicros = n, Accounting = accounting, Personal = personal,
                DecisionHash = random.Next(100) < load.DecisionPercent ? new UInt128((ulong)random.NextInt64() << 1, (ulong)random.NextInt64()) : default,
            };
        }

        return records;
    }

    private static void Append(PostgresNodeLog log, Record[] records)
    {
        foreach (var record in records)
        {
            // Full queue: the writer is behind, which is what is being measured. A pause so short that the queue does not run dry.
            while (!log.TryAppend(record)) Thread.Sleep(1);
        }
    }

    private sealed record Load(int Records, int Group, int Customers, int Accounting, int Personal, int DecisionPercent, int Nodes);

    private sealed class Record : PendingAppend
    {
        public override void Committed()
        {
        }

        public override void Failed(LogFailure failure) => throw new InvalidOperationException(failure.Detail);
    }
}
