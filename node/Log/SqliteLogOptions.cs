namespace PmOrleans.Node.Log;

/// <summary>Where a node's store lies and how it is written.</summary>
public sealed record SqliteLogOptions : NodeLogOptions
{
    /// <summary>The data folder; made if missing. One process at a time.</summary>
    public required string Folder { get; init; }

    /// <summary>
    /// Bytes written to the write-ahead log between two checkpoints. Default 64 MiB: an index page of random customers is rewritten several times in it
    /// and copied once.
    /// </summary>
    public long CheckpointBytes { get; init; } = 64 << 20;

    /// <summary>
    /// The writer's page cache. Default 16 MiB: the upper levels of the indexes. Their leaves are visited in turn, so that no cache that is smaller than the
    /// store finds them again, and a larger one is more to walk over (see <see cref="Sqlite.Index.IndexSweep"/>).
    /// </summary>
    public long WriterCacheBytes { get; init; } = 16 << 20;

    /// <summary>Page size of a new store: a power of two from 512 to 65,536. Default 4,096.</summary>
    public int PageSize { get; init; } = 4096;

    /// <summary>
    /// Records in the time of which every stretch of the customer index and of the decision index is written once, in a small log; from 1. Default 98,304.
    /// In a larger one it is an eighth of the log, at most 786,432. Until their turn comes, half as many entries of each wait in memory (32 bytes each), so
    /// that several share a page. A start after a crash reads this many records again.
    /// </summary>
    public int IndexRoundRecords { get; init; } = 96 * 1024;

    /// <summary>
    /// The secret of a store that is made now, 32 bytes: with a fixed one a simulation draws the same again. A store that is there keeps its own. Default:
    /// random bytes, and nothing else is fit for real customers.
    /// </summary>
    public ReadOnlyMemory<byte> NewSecret { get; init; }

    /// <summary>All that is wrong with these options, each naming the field.</summary>
    internal IReadOnlyList<string> Validate()
    {
        var problems = new List<string>();
        Require(!string.IsNullOrWhiteSpace(Folder), "folder", Folder, "a folder");
        Require(Enum.IsDefined(Commit), "commit", Commit, string.Join(", ", Enum.GetNames<CommitMode>()));
        Require(CheckpointBytes >= 1, "checkpointBytes", CheckpointBytes, "1 or more");
        Require(WriterCacheBytes >= 0, "writerCacheBytes", WriterCacheBytes, "0 or more");
        Require(PageSize is >= 512 and <= 65_536 && int.IsPow2(PageSize), "pageSize", PageSize, "a power of two from 512 to 65,536");
        Require(IndexRoundRecords >= 1, "indexRoundRecords", IndexRoundRecords, "1 or more");
        Require(NewSecret.Length is 0 or 32, "newSecret", $"{NewSecret.Length} bytes", "32 bytes, or none");
        return problems;

        void Require(bool holds, string name, object? value, string allowed)
        {
            if (!holds) problems.Add($"{name} is '{value}'; allowed is {allowed}");
        }
    }
}
