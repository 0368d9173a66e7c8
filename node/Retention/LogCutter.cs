using PmOrleans.Decisioning.Catalog;
using PmOrleans.Node.Log;
using PmOrleans.Node.Log.Sqlite;
using PmOrleans.Node.Log.Sqlite.Index;
using PmOrleans.Node.Projections;
using PmOrleans.Node.Refolding;
using PmOrleans.Node.Time;
using PmOrleans.Node.Verification;

namespace PmOrleans.Node.Retention;

/// <summary>
/// Cuts the log of a store that nobody has open, from its beginning: folds what it cuts into a base, in the transactions that delete it. May be ended at any
/// moment; the next call goes on.
/// </summary>
public static class LogCutter
{
    private static readonly TimeSpan BusyTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Transactions between two copies of the write-ahead log into the file.</summary>
    private const int CheckpointEvery = 16;

    /// <summary>Recounts the store first: what is cut can be judged no more. Then cuts, as far as the options and the store allow.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="NodeLogException">No store there, in use by a process, or it cannot be read or written.</exception>
    /// <exception cref="IOException">
    /// The export cannot be written, or has a file that it would take the place of though what is in it is not in the log; what was cut before is cut and exported.
    /// </exception>
    /// <exception cref="UnauthorizedAccessException">The same, where the export's folder may not be written.</exception>
    public static async Task<LogCutReport> CutAsync(LogCutOptions options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Validate() is { Count: > 0 } problems)
        {
            throw new ArgumentException(string.Join("; ", problems), nameof(options));
        }

        var verdict = await StoreVerifier.VerifyAsync(options.Folder, cancellation: cancellation);
        if (!verdict.IsClean)
        {
            return new LogCutReport("the store differs from its recount (see verify), which only the records can settle", 0, 0, null);
        }

        // A thread of its own: it reads and writes the disk for as long as it takes.
        return await Task.Factory.StartNew(() => Cut(options, cancellation), cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    private static LogCutReport Cut(LogCutOptions options, CancellationToken cancellation)
    {
        using var folder = LogFolder.Take(options.Folder);
        var path = Path.Combine(options.Folder, LogSchema.FileName);
        try
        {
            using var database = WriterConnection.Open(new SqliteLogOptions { Folder = options.Folder }, path);
            LogSchema.Check(database, path);
            using var readers = new ReaderPool(path, BusyTimeout);
            var index = new FollowedIndex(database).Current();
            var reader = new SqliteLogReader(readers, () => index);
            var catalogs = new PublishedCatalogs(reader);
            var live = catalogs.All.FirstOrDefault();
            var begin = LogBase.Load(reader);
            if (Refusal(reader, live) is { } refusal)
            {
                return Report(refusal, 0, begin);
            }

            var target = Target(database, reader, options);
            if (target <= (begin?.Begin.Sequence ?? 0))
            {
                return Report(null, 0, begin);
            }

            return Report(null, target - (begin?.Begin.Sequence ?? 0), CutTo(target, database, reader, catalogs, live!, options, cancellation));
        }
        catch (SqliteStoreException exception)
        {
            throw exception.Explain($"The log of '{path}' cannot be cut");
        }
    }

    private static LogBase? CutTo(
        long target, SqliteDatabase database, SqliteLogReader reader, PublishedCatalogs catalogs, CatalogSnapshot live, LogCutOptions options, CancellationToken cancellation)
    {
        // First: where it cannot be written nothing has happened to the store yet.
        using var export = options.ExportFolder is { } to ? new LogExport(to, LogSchema.ReadSecret(database), reader) : null;
        var fold = new BaseFold(reader, catalogs, live);
        var cut = new CutTransaction(database);
        for (var steps = 0; fold.Base.Begin.Sequence < target; steps++)
        {
            cancellation.ThrowIfCancellationRequested();
            var from = fold.Base.Begin.Sequence;
            var rows = fold.Read((int)Math.Min(options.RecordsTogether, target - from));
            export?.Write(rows);
            var changes = fold.Fold(rows);
            cut.Run(rows, changes, fold.Base);
            reader.LookForBases();
            if (steps % CheckpointEvery == CheckpointEvery - 1)
            {
                database.Checkpoint(SQLitePCL.raw.SQLITE_CHECKPOINT_PASSIVE);
            }

            options.OnCut?.Invoke(fold.Base.Begin.Sequence);
        }

        database.Checkpoint(SQLitePCL.raw.SQLITE_CHECKPOINT_TRUNCATE);
        return fold.Base;
    }

    /// <summary>Why this store cannot be cut now.</summary>
    private static string? Refusal(SqliteLogReader reader, CatalogSnapshot? live)
    {
        if (live is null)
        {
            return "no catalog was published, so there is nothing that customers are folded with";
        }

        // States folded with what was live before hold more than a base folded with what is live now can give.
        var mark = RefoldMark.Read(reader.GetValue(RefoldMarks.Key));
        return mark is { IsDone: true } done && done.Version == live.Version && done.Target == new RefoldTarget(live.DefinitionsHash, live.SegmentPlan.Hash)
            ? null
            : "customers are still to be folded with the live catalog: serve the store until GET /v1/catalog says no Catalog-State, and stop it";
    }

    /// <summary>The last record to be cut: earlier than asked for, and what a start of the node needs left alone.</summary>
    private static long Target(SqliteDatabase database, SqliteLogReader reader, LogCutOptions options)
    {
        var end = database.ReadInt64("SELECT max(sequence) FROM log") ?? 0;
        var last = database.ReadInt64("SELECT max(at) FROM log") ?? 0;
        var before = Math.Min(options.Before.ToUnixTimeMilliseconds() * 1000, last - (options.KeepDecisionIds.Ticks / TimeSpan.TicksPerMicrosecond));
        var target = Math.Min(end, database.ReadInt64($"SELECT min(sequence) FROM log WHERE at>={before}") ?? end) - 1;
        foreach (var projection in (string[])[ProjectionNames.Ledgers, ProjectionNames.Models, ProjectionNames.Experiments, ProjectionNames.Segments])
        {
            target = Math.Min(target, reader.LoadCheckpoint(projection)?.Watermark ?? 0);
        }

        // What an Orleans host has still to publish to its streams, where it ever did.
        return Math.Min(target, reader.LoadCheckpoint(ProjectionNames.Streams)?.Watermark ?? long.MaxValue);
    }

    private static LogCutReport Report(string? refusal, long records, LogBase? stands) =>
        new(refusal, records, stands?.Begin.Sequence ?? 0, stands is null ? null : Micros.ToTime(stands.Begin.AtMicros));
}
