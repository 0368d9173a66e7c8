using PmOrleans.Node.Log;
using PmOrleans.Node.Log.Sqlite;
using PmOrleans.Node.Log.Sqlite.Index;

namespace PmOrleans.Node.Tests.Log;

/// <summary>P3: the files as a power cut may leave them, at every byte of the last commits.</summary>
public sealed class PowerCutTests
{
    // Small pages make the last commits short enough to cut at each single byte.
    private const int PageSize = 512;
    private const int Commits = 12;
    private const int CommitsCut = 2;

    // A third of the buckets with each record: some entries are in the tables and some are not.
    private const int IndexRound = 3;

    [Fact]
    public async Task a_file_cut_anywhere_holds_all_that_was_completed_before_the_cut_and_no_holes()
    {
        using var folder = new TestFolder();
        var (database, wal, synced) = await WriteAsync(folder);
        using var cutFolder = new TestFolder();
        var failures = new List<string>();

        for (var cut = (int)synced[^(CommitsCut + 1)]; cut <= wal.Length; cut++)
        {
            var completed = synced.Count(length => length <= cut);
            var rows = ReadCut(cutFolder, database, wal.AsSpan(0, cut));
            if (!rows.SequenceEqual(Enumerable.Range(1, completed).Select(n => (long)n)))
                failures.Add($"cut at {cut}: {completed} completed, found {string.Join(',', rows)}");
        }

        Assert.Empty(failures);
    }

    [Fact]
    public async Task what_lies_behind_the_cut_may_be_rubbish()
    {
        using var folder = new TestFolder();
        var (database, wal, synced) = await WriteAsync(folder);
        using var cutFolder = new TestFolder();
        var random = new Random(7);

        for (var cut = (int)synced[^(CommitsCut + 1)]; cut < wal.Length; cut += 13)
        {
            var torn = wal.ToArray();
            random.NextBytes(torn.AsSpan(cut));
            var completed = synced.Count(length => length <= cut);
            var rows = ReadCut(cutFolder, database, torn);
            Assert.Equal(Enumerable.Range(1, completed).Select(n => (long)n), rows);
        }
    }

    [Fact]
    public async Task a_cut_store_opens_and_goes_on_without_a_gap()
    {
        using var folder = new TestFolder();
        var (database, wal, synced) = await WriteAsync(folder);

        for (var cut = (int)synced[^3] + 5; cut < wal.Length; cut += 711)
        {
            using var cutFolder = new TestFolder();
            Put(cutFolder, database, wal.AsSpan(0, cut));
            await using var log = await cutFolder.OpenAsync();
            var completed = synced.Count(length => length <= cut);

            Assert.Equal(completed, log.CommittedSequence);
            Assert.All(Enumerable.Range(1, completed), n => Assert.Equal(n, log.Reader.FindDecision((UInt128)n)!.Sequence));
            Assert.Equal(Enumerable.Range(1, completed), log.Reader.ReadCustomer(TestRecord.Key(1), 0, 100).Select(row => (int)row.CustomerSequence));
            Assert.Null(await log.AppendAsync(TestRecord.Of(1, completed + 1)));
            Assert.Equal(Enumerable.Range(1, completed + 1).Select(n => (long)n), log.Sequences());
        }
    }

    [Fact]
    public async Task asynchronous_commits_lose_only_the_end()
    {
        using var folder = new TestFolder();
        var (database, wal, written) = await WriteAsync(folder, CommitMode.Async);
        using var cutFolder = new TestFolder();

        for (var cut = (int)written[0]; cut <= wal.Length; cut += 17)
        {
            var rows = ReadCut(cutFolder, database, wal.AsSpan(0, cut));
            Assert.Equal(Enumerable.Range(1, written.Count(length => length <= cut)).Select(n => (long)n), rows);
        }
    }

    /// <summary>The database file, the write-ahead log, and how long the latter was when each record had been completed.</summary>
    private static async Task<(byte[] Database, byte[] Wal, List<long> Synced)> WriteAsync(TestFolder folder, CommitMode mode = CommitMode.Sync)
    {
        // No flush of its own between a record and the look at the file's length.
        await using var log = await SqliteNodeLog.OpenAsync(
            folder.Options with { PageSize = PageSize, Commit = mode, IndexRoundRecords = IndexRound, FlushInterval = TimeSpan.FromHours(1) });
        var lengths = new List<long>();
        for (var n = 1; n <= Commits; n++)
        {
            Assert.Null(await log.AppendAsync(TestRecord.Of(1, n, personal: new string((char)('a' + n), 300), decision: (UInt128)n)));
            lengths.Add(new FileInfo(folder.Wal).Length);
        }

        Assert.Equal(lengths.Order(), lengths);
        Assert.Equal(Commits, lengths.Distinct().Count());
        return (TestFolder.ReadShared(folder.Database), TestFolder.ReadShared(folder.Wal), lengths);
    }

    private static void Put(TestFolder folder, byte[] database, ReadOnlySpan<byte> wal)
    {
        File.Delete(folder.Database + "-shm");
        File.WriteAllBytes(folder.Database, database);
        File.WriteAllBytes(folder.Wal, wal);
    }

    private static List<long> ReadCut(TestFolder folder, byte[] database, ReadOnlySpan<byte> wal)
    {
        Put(folder, database, wal);
        using var connection = SqliteDatabase.OpenExisting(folder.Database, TimeSpan.FromSeconds(30));
        if (wal.Length % 8 == 0) Assert.Equal("ok", connection.ReadText("PRAGMA integrity_check"));
        using var rows = connection.Prepare("SELECT l.sequence, l.decision, d.sequence FROM log l LEFT JOIN decision d ON d.hash=l.decision ORDER BY l.sequence");
        var index = new LogIndex(1);
        index.Rebuild(connection);
        var sequences = new List<long>();
        while (rows.Step())
        {
            // A decision is found in the table or by reading again what lies behind the watermark.
            var sequence = rows.Int64(0);
            if (rows.Int64(2) == sequence || index.Decisions.FindPublished(rows.Hash(1)) == sequence) sequences.Add(sequence);
        }

        return sequences;
    }
}
