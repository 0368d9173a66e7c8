using PmOrleans.Decisioning.Learning;
using PmOrleans.Node.Log;
using PmOrleans.Node.Log.Sqlite;
using PmOrleans.Node.Log.Sqlite.Index;
using PmOrleans.Node.Projections;
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
            if (CutReadiness.Refusal(reader, live) is { } refusal)
            {
                return Report(refusal, 0, begin);
            }

            var last = database.ReadInt64("SELECT max(at) FROM log") ?? 0;
            var bounds = CutBounds.Of(
                reader,
                database.ReadInt64("SELECT max(sequence) FROM log") ?? 0,
                Math.Min(Micros.From(options.Before), last - (options.KeepDecisionIds.Ticks / TimeSpan.TicksPerMicrosecond)));
            var fold = new BaseFold(reader, catalogs, live!, FoldedWith(reader));
            if (fold.Read(1, bounds).Count == 0)
            {
                return Report(null, 0, begin);
            }

            return Report(null, Cut(fold, bounds, database, reader, options, cancellation), fold.Base);
        }
        catch (SqliteStoreException exception)
        {
            throw exception.Explain($"The log of '{path}' cannot be cut");
        }
    }

    /// <returns>How many records were cut.</returns>
    private static long Cut(BaseFold fold, CutBounds bounds, SqliteDatabase database, SqliteLogReader reader, LogCutOptions options, CancellationToken cancellation)
    {
        // First: where it cannot be written nothing has happened to the store yet.
        using var export = options.ExportFolder is { } to ? new LogExport(to, LogSchema.ReadSecret(database), reader.ReadRange) : null;
        CutTransaction? transaction = null;
        var begun = fold.Base.Begin.Sequence;
        for (var steps = 1; fold.Read(options.RecordsTogether, bounds) is { Count: > 0 } rows; steps++)
        {
            cancellation.ThrowIfCancellationRequested();
            export?.Write(rows);
            var step = fold.Fold(rows);
            database.Execute("BEGIN IMMEDIATE");
            try
            {
                LogSchema.EnsureBases(database);
                transaction ??= new CutTransaction(database);
                if (!transaction.TryRun(step, isErased: _ => false))
                {
                    throw new NodeLogException(NodeLogError.Unavailable, "somebody else has changed the store");
                }

                database.Execute("COMMIT");
            }
            catch
            {
                database.Rollback();
                throw;
            }

            reader.HaveBases();
            if (steps % CheckpointEvery == 0)
            {
                database.Checkpoint(SQLitePCL.raw.SQLITE_CHECKPOINT_PASSIVE);
            }

            options.OnCut?.Invoke(fold.Base.Begin.Sequence);
        }

        database.Checkpoint(SQLitePCL.raw.SQLITE_CHECKPOINT_TRUNCATE);
        return fold.Base.Begin.Sequence - begun;
    }

    /// <summary>Of a store that nobody has open the saved models say it.</summary>
    private static Dictionary<int, BetaOptions> FoldedWith(SqliteLogReader reader) => reader.LoadCheckpoint(ProjectionNames.Models) is { } saved
        ? OptionsOf(AccountingFold.ReadModels(saved.State))
        : [];

    internal static Dictionary<int, BetaOptions> OptionsOf(List<(int Policy, byte[] Bytes)> models) =>
        models.ToDictionary(model => model.Policy, model => BetaModel.OptionsOf(model.Bytes));

    internal static LogCutReport Report(string? refusal, long records, LogBase? stands) =>
        new(refusal, records, stands?.Begin.Sequence ?? 0, stands is null ? null : Micros.ToTime(stands.Begin.AtMicros));
}
