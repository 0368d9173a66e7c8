using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using PmOrleans.Decisioning.Identity;
using PmOrleans.Node.Log;

namespace PmOrleans.Benchmarks;

/// <summary>
/// Records a second of the node's log against bare SQLite inserts of the same bytes: one table by rowid, no index, same pragmas, same number of
/// records in a transaction, in the same run on the same disk.
/// </summary>
/// <remarks>
/// Arguments: records (default 400,000), records in a transaction (100), customers (100,000), folder (- for a new one in the temporary folder),
/// bytes of the accounting part (120) and of the personal part (150), percent of the records with a decision id (100), records already there (0; written
/// in larger transactions, and as many as are measured behind them, uncounted), page size (4,096), least records of an index round (98,304), MiB of the writer's page cache (16).
/// </remarks>
public static class LogThroughput
{
    private const int Producers = 2;
    private const int Rounds = 3;

    public static async Task RunAsync(string[] args)
    {
        var records = Argument(args, 0, 400_000);
        var batch = Argument(args, 1, 100);
        var customers = Argument(args, 2, 100_000);
        var isTemporary = args.Length <= 3 || args[3] == "-";
        var root = isTemporary ? Directory.CreateTempSubdirectory("pmorleans-bench-").FullName : args[3];
        var parts = new Parts(Argument(args, 4, 120), Argument(args, 5, 150), Argument(args, 6, 100));
        var before = Argument(args, 7, 0);
        var options = new SqliteLogOptions { Folder = root, MaxBatchRecords = batch, PageSize = Argument(args, 8, 4096), IndexRoundRecords = Argument(args, 9, 98_304), WriterCacheBytes = (long)Argument(args, 10, 16) << 20 };
        Console.WriteLine($"{records:N0} records of {parts.Accounting} + {parts.Personal} bytes, {parts.DecisionPercent} % with a decision id, behind {before:N0} records");
        Console.WriteLine($"{batch} in a transaction, {customers:N0} customers, {Producers} producers");
        Console.WriteLine($"{Environment.ProcessorCount} cores, {Environment.OSVersion}, {root}");

        // Taking turns, so that a slow minute of the machine hits both.
        for (var round = 1; round <= Rounds; round++)
        {
            var bare = Bare(Path.Combine(root, $"bare-{round}"), records, batch, parts);
            var log = await LogAsync(options with { Folder = Path.Combine(root, $"log-{round}") }, records, customers, parts, before);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"bare {bare:N0}/s   log {log.PerSecond:N0}/s   ratio {log.PerSecond / bare:P0}   fsyncs {log.Commits:N0} ({records / (double)log.Commits:N0} records each)   {log.BytesPerRecord:N0} bytes allocated and {log.ProcessorEach:F1} us of processor a record"));
        }

        if (isTemporary) Directory.Delete(root, recursive: true);
    }

    private static int Argument(string[] args, int index, int value) =>
        args.Length > index ? int.Parse(args[index], CultureInfo.InvariantCulture) : value;

    private static double Bare(string folder, int records, int batch, Parts parts)
    {
        Directory.CreateDirectory(folder);
        using var connection = new SqliteConnection($"Data Source={Path.Combine(folder, "bare.db")};Pooling=False");
        connection.Open();
        Execute(connection, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536; PRAGMA wal_autocheckpoint=4096");
        Execute(connection, "CREATE TABLE log(sequence INTEGER PRIMARY KEY, bytes BLOB NOT NULL)");
        SQLitePCL.raw.sqlite3_prepare_v2(connection.Handle, "INSERT INTO log VALUES(?,?)", out var insert);
        var bytes = RandomNumberGenerator.GetBytes(CustomerKey.Size + parts.Accounting + parts.Personal);
        var started = Stopwatch.GetTimestamp();
        for (var n = 0; n < records;)
        {
            Execute(connection, "BEGIN IMMEDIATE");
            for (var inBatch = 0; inBatch < batch && n < records; inBatch++)
            {
                SQLitePCL.raw.sqlite3_bind_int64(insert, 1, ++n);
                SQLitePCL.raw.sqlite3_bind_blob(insert, 2, bytes);
                SQLitePCL.raw.sqlite3_step(insert);
                SQLitePCL.raw.sqlite3_reset(insert);
            }

            Execute(connection, "COMMIT");
        }

        var elapsed = Stopwatch.GetElapsedTime(started);
        insert.Dispose();
        return records / elapsed.TotalSeconds;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static async Task<(double PerSecond, int Commits, double BytesPerRecord, double ProcessorEach)> LogAsync(
        SqliteLogOptions options, int records, int customers, Parts parts, int before)
    {
        var keys = new CustomerKey[customers];
        for (var n = 0; n < customers; n++) keys[n] = CustomerKey.Read(RandomNumberGenerator.GetBytes(CustomerKey.Size));
        var uncounted = before > 0 ? records : 0;
        var pending = new Record[Producers][];
        for (var producer = 0; producer < Producers; producer++)
            pending[producer] = MakeRecords(keys, (before + uncounted + records) / Producers, producer, parts);
        await using (var fill = await SqliteNodeLog.OpenAsync(options with { MaxBatchRecords = 1000 }))
            await AppendAsync(fill, pending, 0, before / Producers);
        await using var log = await SqliteNodeLog.OpenAsync(options);
        await AppendAsync(log, pending, before / Producers, uncounted / Producers);
        var commits = 0;
        log.OnCommitted = _ => commits++;
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        var processor = Environment.CpuUsage.TotalTime;
        var started = Stopwatch.GetTimestamp();
        await AppendAsync(log, pending, (before + uncounted) / Producers, records / Producers);
        var elapsed = Stopwatch.GetElapsedTime(started);
        var each = (Environment.CpuUsage.TotalTime - processor).TotalMicroseconds / records;
        var bytes = (GC.GetTotalAllocatedBytes(precise: true) - allocated) / (double)records;
        return (records / Producers * Producers / elapsed.TotalSeconds, commits, bytes, each);
    }

    private static async Task AppendAsync(SqliteNodeLog log, Record[][] pending, int from, int count)
    {
        var threads = new Thread[Producers];
        for (var producer = 0; producer < Producers; producer++)
        {
            var mine = pending[producer];
            threads[producer] = new Thread(() => Append(log, mine.AsSpan(from, count)));
            threads[producer].Start();
        }

        foreach (var thread in threads) thread.Join();
        await log.FlushAsync();
    }

    /// <summary>Each producer has its own half of the customers and visits them at random.</summary>
    private static Record[] MakeRecords(CustomerKey[] keys, int count, int producer, Parts parts)
    {
        var random = new Random(producer);
        var sequences = new long[keys.Length];
        var accounting = RandomNumberGenerator.GetBytes(parts.Accounting);
        var personal = RandomNumberGenerator.GetBytes(parts.Personal);
        var records = new Record[count];
        for (var n = 0; n < count; n++)
        {
            var customer = (random.Next(keys.Length / Producers) * Producers) + producer;
            records[n] = new Record
            {
                Customer = keys[customer], CustomerSequence = ++sequences[customer], AtMicros = n, Accounting = accounting, Personal = personal,
                DecisionHash = random.Next(100) < parts.DecisionPercent ? new UInt128((ulong)random.NextInt64() << 1, (ulong)random.NextInt64()) : default,
            };
        }

        return records;
    }

    private static void Append(SqliteNodeLog log, ReadOnlySpan<Record> records)
    {
        foreach (var record in records)
        {
            // Full queue: the writer is behind, which is what is being measured. A pause so short that the queue does not run dry.
            while (!log.TryAppend(record)) Thread.Sleep(1);
        }
    }

    private readonly record struct Parts(int Accounting, int Personal, int DecisionPercent);

    private sealed class Record : PendingAppend
    {
        public override void Committed()
        {
        }

        public override void Failed(LogFailure failure) => throw new InvalidOperationException(failure.Detail);
    }
}
