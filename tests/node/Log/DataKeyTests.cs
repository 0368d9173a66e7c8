using System.Buffers.Binary;
using PmOrleans.Node.Log;
using PmOrleans.Node.Log.Sqlite;
using SQLitePCL;

namespace PmOrleans.Node.Tests.Log;

/// <summary>P10, at its root: a customer's key lies in one place of the file, and an erasure overwrites it there.</summary>
public sealed class DataKeyTests
{
    private const int Customers = 4_000;

    /// <summary>Small pages have more splits, and a small cache writes pages before their transaction has ended.</summary>
    [Theory]
    [InlineData(512, 64 << 10)]
    [InlineData(4096, 64 << 20)]
    public async Task each_key_lies_in_the_files_once_and_an_erased_one_not_at_all(int pageSize, long cache)
    {
        using var folder = new TestFolder();
        var options = folder.Options with { PageSize = pageSize, WriterCacheBytes = cache };
        var random = new Random(20261124);
        var keys = Enumerable.Range(0, Customers).Select(_ => NextKey(random)).ToArray();
        var erased = new HashSet<int>();
        for (var run = 0; run < 2; run++)
        {
            await using var log = await SqliteNodeLog.OpenAsync(options);
            for (var customer = run * Customers / 2; customer < (run + 1) * Customers / 2; customer++)
            {
                Assert.True(log.TryAppend(Record(customer, 1, keys[customer], Id(customer, 0))));

                // Further ids, an attempt that is refused, and now and then an erasure of anybody before: also in the transaction that brought the key.
                if (random.Next(4) == 0) Assert.True(log.TryAppend(Record(customer, 2, keys[customer], Id(customer, 1))));
                if (random.Next(50) == 0) Assert.True(log.TryAppend(Record(customer, 3, NextKey(random), Id(customer / 2, 0))));
                if (random.Next(6) > 0) continue;
                var gone = random.Next(customer + 1);
                if (erased.Add(gone)) _ = log.WriteAsync(work => work.Erase(TestRecord.Key(gone + 1), []));
            }

            await log.FlushAsync();
        }

        Assert.InRange(erased.Count, 300, Customers / 2);
        AssertOnce(folder, keys, erased);
        await using var again = await SqliteNodeLog.OpenAsync(options);
        Assert.Equal(Customers - erased.Count, again.Reader.ReadIdentities(0, int.MaxValue).Select(identity => identity.Customer).Distinct().Count());
        Assert.All(again.Reader.ReadIdentities(0, int.MaxValue), identity => Assert.Equal(keys[(int)identity.Customer.Low - 1], identity.DataKey));
    }

    [Fact]
    public async Task a_failed_transaction_and_a_new_life_leave_no_copy_either()
    {
        using var folder = new TestFolder();
        var random = new Random(5);
        var keys = Enumerable.Range(0, 600).Select(_ => NextKey(random)).ToArray();
        await using (var log = await folder.OpenAsync())
        {
            for (var customer = 0; customer < keys.Length; customer++)
            {
                folder.Faults.AtCommit = customer % 3 == 0 ? ScriptedFaults.Fail : null;
                var failure = await log.AppendAsync(Record(customer, 1, keys[customer], Id(customer, 0)));
                folder.Faults.Disarm();
                await log.UntilHealthyAsync();
                if (failure is not null) Assert.Null(await log.AppendAsync(Record(customer, 1, keys[customer], Id(customer, 0))));
            }

            // The same outside id under another key, once its first life is over.
            for (var customer = 0; customer < 300; customer += 2)
            {
                await log.WriteAsync(work => work.Erase(TestRecord.Key(customer + 1), []));
                Assert.Null(await log.AppendAsync(Record(customer + 10_000, 1, NextKey(random), Id(customer, 0))));
            }
        }

        AssertOnce(folder, keys, [.. Enumerable.Range(0, 150).Select(n => 2 * n)]);
    }

    /// <summary>By the bytes of all files of the closed store, so that the write-ahead log is in the database file.</summary>
    private static void AssertOnce(TestFolder folder, byte[][] keys, HashSet<int> erased)
    {
        using (var database = SqliteDatabase.OpenExisting(folder.Database, TimeSpan.FromSeconds(30)))
        {
            database.Checkpoint(raw.SQLITE_CHECKPOINT_TRUNCATE);
            Assert.Equal("ok", database.ReadText("PRAGMA integrity_check"));
        }

        var found = keys.ToDictionary(key => BinaryPrimitives.ReadUInt128LittleEndian(key), _ => 0);
        foreach (var file in Directory.GetFiles(folder.Path, "node.db*"))
        {
            var bytes = TestFolder.ReadShared(file);
            for (var at = 0; at + 16 <= bytes.Length; at++)
            {
                var candidate = BinaryPrimitives.ReadUInt128LittleEndian(bytes.AsSpan(at));
                if (found.TryGetValue(candidate, out var times)) found[candidate] = times + 1;
            }
        }

        for (var customer = 0; customer < keys.Length; customer++)
        {
            var times = found[BinaryPrimitives.ReadUInt128LittleEndian(keys[customer])];
            Assert.True(times == (erased.Contains(customer) ? 0 : 1), $"the key of customer {customer} is in the files {times} times, {(erased.Contains(customer) ? "and was erased" : "not once")}");
        }
    }

    private static TestRecord Record(int customer, long sequence, byte[] key, UInt128 id)
    {
        var record = TestRecord.Of(customer + 1, sequence);
        record.Identity = new IdentityRow(id, record.Customer, key);
        return record;
    }

    /// <summary>Scattered over the identities' tree, as keyed hashes are.</summary>
    private static UInt128 Id(int customer, int number) => new((((ulong)customer * 2) + (ulong)number + 1) * 0x9E3779B97F4A7C15, (ulong)customer);

    private static byte[] NextKey(Random random)
    {
        var key = new byte[16];
        random.NextBytes(key);
        return key;
    }
}
