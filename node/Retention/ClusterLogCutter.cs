using Npgsql;
using PmOrleans.Decisioning.Learning;
using PmOrleans.Node.Log;
using PmOrleans.Node.Log.Postgres;
using PmOrleans.Node.Owners;
using PmOrleans.Node.Projections;
using PmOrleans.Node.Time;
using PmOrleans.Node.Verification;

namespace PmOrleans.Node.Retention;

/// <summary>
/// Cuts the logs of a PostgreSQL store that no node has open, all of them together from their beginning, in the order of their transactions. May be ended at any
/// moment; the next call goes on.
/// </summary>
public static class ClusterLogCutter
{
    /// <summary>Recounts the store first: what is cut can be judged no more. Then seals the epochs of all nodes, and cuts as far as the options and the store allow.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="NodeLogException">Server unavailable, no store there, in use by a node or by somebody who reads all of it, or it cannot be written.</exception>
    /// <exception cref="IOException">As for <see cref="LogCutter.CutAsync"/>.</exception>
    /// <exception cref="UnauthorizedAccessException">The same, where the export's folder may not be written.</exception>
    public static async Task<LogCutReport> CutAsync(PostgresCutOptions options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Validate() is { Count: > 0 } problems)
        {
            throw new ArgumentException(string.Join("; ", problems), nameof(options));
        }

        await using var store = await PostgresStore.OpenAsync(options.ConnectionString, options.Schema, cancellation);

        // Before the recount, which takes long: whoever serves the store is not to be told afterwards.
        await (await store.TakeAsync(cancellation)).DisposeAsync();
        var verdict = await StoreVerifier.VerifyPostgresAsync(options.ConnectionString, options.Schema, cancellation);
        if (!verdict.IsClean)
        {
            return LogCutter.Report("the store differs from its recount (see verify), which only the records can settle", 0, null);
        }

        await using var connection = await store.TakeAsync(cancellation);
        try
        {
            // A process of a release that knows of no such lock may run still: it ends by itself when it finds its epoch sealed.
            foreach (var epoch in (await store.NodesAsync(cancellation)).Where(epoch => !epoch.Sealed))
            {
                await store.SealAsync(epoch.Node, epoch.Epoch, cancellation);
            }

            return await CutAsync(store, connection, options, cancellation);
        }
        catch (Exception exception) when (ServerFailure.IsServer(exception) && exception is not IOException)
        {
            throw ServerFailure.Explain(exception, $"The logs of the store in schema '{options.Schema}' cannot be cut");
        }
    }

    private static async Task<LogCutReport> CutAsync(PostgresStore store, NpgsqlConnection connection, PostgresCutOptions options, CancellationToken cancellation)
    {
        var epochs = await store.NodesAsync(cancellation);
        var ends = epochs.GroupBy(epoch => epoch.Node, StringComparer.Ordinal)
            .ToDictionary(node => node.Key, node => node.Max(epoch => epoch.LastSequence), StringComparer.Ordinal);
        var reader = store.ReaderOf(() => 0);
        var begin = LogBase.Load(reader);
        if (ends.Values.All(end => end == 0))
        {
            return LogCutter.Report(null, 0, begin);
        }

        var logs = ends.Where(end => end.Value > 0).ToDictionary(end => end.Key, end => store.ReaderOf(end.Key), StringComparer.Ordinal);
        var catalogs = new PublishedCatalogs(reader);
        var live = catalogs.All.FirstOrDefault();
        var owners = await OwnersAsync(store, cancellation);
        if (owners.Count == 0 && logs.Count > 1)
        {
            return LogCutter.Report("several nodes have written the store and no owners have folded their logs", 0, begin);
        }

        if (CutReadiness.Refusal(logs.Values.First(), live, isShared: owners.Count > 0) is { } refusal)
        {
            return LogCutter.Report(refusal, 0, begin);
        }

        var last = logs.Max(log => log.Value.ReadRange(ends[log.Key] - 1, 1) is [{ } row, ..] ? row.AtMicros : 0);
        var bounds = new CutBounds(long.MaxValue, Math.Min(Micros.From(options.Before), last - (options.KeepDecisionIds.Ticks / TimeSpan.TicksPerMicrosecond)));
        var range = new ClusterRange(store, epochs, logs.ToDictionary(log => log.Key, log => LastOf(log.Key, log.Value, ends[log.Key], owners), StringComparer.Ordinal));
        var fold = new BaseFold(reader, catalogs, live!, FoldedWith(owners, logs), range.Read);
        using var export = options.ExportFolder is { } to ? new LogExport(to, await store.SecretAsync(cancellation), range.Read) : null;
        var cut = new ClusterCut(connection, options.Schema);
        var begun = fold.Base.Begin.Sequence;
        while (fold.Read(options.RecordsTogether, bounds) is { Count: > 0 } rows)
        {
            cancellation.ThrowIfCancellationRequested();
            export?.Write(rows);
            var step = fold.Fold(rows);
            cut.Run(step, range.MarksAt(step.Stands.Begin.Sequence));
            store.HaveBases();
            options.OnCut?.Invoke(fold.Base.Begin.Sequence);
        }

        var stands = fold.Base.Begin.Sequence > 0 ? fold.Base : null;
        return LogCutter.Report(null, fold.Base.Begin.Sequence - begun, stands);
    }

    /// <summary>What the owners have saved, of those that ever did.</summary>
    internal static async Task<List<OwnerRow>> OwnersAsync(PostgresStore store, CancellationToken cancellation)
    {
        var owners = new List<OwnerRow>();
        foreach (var owner in Enum.GetValues<OwnerName>())
        {
            if (await store.LoadOwnerAsync(RangeOwner.RowOf(owner), cancellation) is { } row)
            {
                owners.Add(row);
            }
        }

        return owners;
    }

    /// <summary>The last record of a node's log that may go: whoever folds it, or publishes it to streams, has it on disk. The log's end stays known when all of it goes.</summary>
    internal static long LastOf(string node, ILogReader log, long end, List<OwnerRow> owners)
    {
        var folded = owners.Count == 0
            ? CutBounds.Of(log, end + 1, 0).Last
            : owners.Count < Enum.GetValues<OwnerName>().Length ? 0 : owners.Min(owner => owner.Watermarks.GetValueOrDefault(node));
        return Math.Min(folded, log.LoadCheckpoint(ProjectionNames.Streams)?.Watermark ?? long.MaxValue);
    }

    private static Dictionary<int, BetaOptions> FoldedWith(List<OwnerRow> owners, Dictionary<string, ILogReader> logs)
    {
        if (owners.Find(owner => owner.Owner == RangeOwner.RowOf(OwnerName.Models)) is { } models)
        {
            return LogCutter.OptionsOf(ModelBook.ReadState(models.State));
        }

        return logs.Values.First().LoadCheckpoint(ProjectionNames.Models) is { } saved ? LogCutter.OptionsOf(AccountingFold.ReadModels(saved.State)) : [];
    }
}
