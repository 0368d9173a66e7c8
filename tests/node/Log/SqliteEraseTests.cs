using System.Text;
using PmOrleans.Node.Log;
using PmOrleans.Node.Log.Sqlite;
using PmOrleans.Node.Privacy;

namespace PmOrleans.Node.Tests.Log;

public sealed class SqliteEraseTests
{
    [Fact]
    public async Task an_erasure_leaves_the_customers_key_and_nothing_readable_in_any_file()
    {
        using var folder = new TestFolder();
        await using var log = await SqliteNodeLog.OpenAsync(folder.Options with { CheckpointBytes = 200_000 });
        const int customers = 400;
        var random = new Random(11);
        var keys = Enumerable.Range(1, customers).ToDictionary(c => c, _ => Bytes(random, 16));
        await FillAsync(log, keys, random);
        int[] erased = [.. Enumerable.Range(1, customers).Where(c => c % 3 == 0)];

        foreach (var customer in erased)
        {
            var tombstone = new TombstoneRow(Hash(customer), 5, [1, 2, 3, 4, 5, 6, 7, 8]);
            await log.WriteAsync(transaction => transaction.Erase(TestRecord.Key(customer), [tombstone]));
        }

        await UntilErasedAsync(log);
        Assert.All(erased, customer => Assert.Empty(folder.FilesWith(keys[customer])));
        Assert.All(erased, customer => Assert.Empty(folder.FilesWith($"<secret of {customer}>")));
        var kept = Enumerable.Range(1, customers).Except(erased).ToList();
        Assert.All(kept, customer => Assert.NotEmpty(folder.FilesWith(keys[customer])));
        Assert.All(kept, customer => Assert.NotEmpty(folder.FilesWith($"<secret of {customer}>")));
        using var check = SqliteDatabase.OpenReader(folder.Database, TimeSpan.FromSeconds(30));
        Assert.Equal("ok", check.ReadText("PRAGMA integrity_check"));
    }

    [Fact]
    public async Task a_reader_that_holds_old_pages_delays_the_end_of_an_erasure_and_does_not_prevent_it()
    {
        using var folder = new TestFolder();
        await using var log = await folder.OpenAsync();
        await log.AppendAsync(TestRecord.Of(1, 1, personal: "<held marker>"));
        using (var reader = SqliteDatabase.OpenReader(folder.Database, TimeSpan.FromSeconds(30)))
        {
            reader.Execute("BEGIN");
            reader.ReadInt64("SELECT count(*) FROM log");
            await log.WriteAsync(transaction => transaction.Erase(TestRecord.Key(1), []));
            Assert.True(log.IsErasurePending);
            reader.Execute("ROLLBACK");
        }

        await UntilErasedAsync(log);
        Assert.Empty(folder.FilesWith("<held marker>"));
    }

    private static async Task UntilErasedAsync(SqliteNodeLog log)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (log.IsErasurePending) await log.FlushAsync(timeout.Token);
    }

    /// <summary>Random outside ids split index pages, growing snapshots move rows about: the ways in which old bytes get left behind.</summary>
    private static async Task FillAsync(SqliteNodeLog log, Dictionary<int, byte[]> keys, Random random)
    {
        var done = keys.Keys.ToDictionary(c => c, _ => 0L);
        for (var round = 0; round < 6; round++)
        {
            foreach (var customer in keys.Keys.OrderBy(_ => random.Next()))
            {
                var record = TestRecord.Of(customer, ++done[customer], $"<secret of {customer}>" + new string('.', random.Next(400)), (UInt128)random.NextInt64());
                if (round == 0) record.Identity = new IdentityRow(Hash(customer), record.Customer, keys[customer]);
                else if (round == 3) record.Identity = new IdentityRow(Hash(customer + 100_000), record.Customer, keys[customer]);
                Assert.True(log.TryAppend(record));
                if (random.Next(2) == 0) continue;
                var state = Sealed(keys[customer], $"<secret of {customer}>" + new string('s', random.Next(6_000)) + $"<secret of {customer}>");
                _ = log.WriteAsync(transaction => transaction.SaveSnapshot(new SnapshotRow(TestRecord.Key(customer), round + 1, state, random.Next())));
            }

            await log.FlushAsync();
        }
    }

    private static UInt128 Hash(int id) => new((ulong)id * 0x9E3779B97F4A7C15, (ulong)id);

    private static byte[] Bytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>
    /// As the node writes them, under the customer's key. When SQLite rebuilds a page of a tree it does not clear what the rows that went elsewhere leave in the
    /// page's gap, and a snapshot's row grows and moves: a copy of it may stay there for ever, and is nothing without the key.
    /// </summary>
    private static byte[] Sealed(byte[] key, string state)
    {
        var plain = Encoding.UTF8.GetBytes(state);
        var written = new byte[plain.Length + PersonalCipher.Overhead];
        PersonalCipher.Encrypt(key, plain, written);
        return written;
    }
}
