using System.Diagnostics;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Learning;
using PmOrleans.Node.Log;
using PmOrleans.Node.Verification;

namespace PmOrleans.Node.Retention;

/// <summary>Cuts the log in a node's folder, in transactions of the node's own writer.</summary>
/// <param name="isReady">Whether nothing is restored any more from records that might be cut.</param>
/// <param name="foldedWith">The catalog version that is live and what the models are folded with, by policy, while no publish is under way.</param>
/// <param name="onCut">Told where the log begins, after each transaction.</param>
internal sealed class FolderRetention(
    SqliteNodeLog log,
    RetentionOptions options,
    TimeProvider time,
    Func<bool> isReady,
    Func<CancellationToken, Task<(int Version, IReadOnlyDictionary<int, BetaOptions> Options)>> foldedWith,
    Action<LogBegin> onCut) : LogRetention(log, options, time, Key, new CutPace(log, options.RecordsTogether))
{
    /// <summary>Name of the value with the time of the last cut.</summary>
    public const string Key = "node.cut";

    private readonly ILogReader _reader = log.Reader;

    internal override async Task<RetentionReport?> CutAsync(CancellationToken stop)
    {
        var (started, begun, beforeMicros) = (Stopwatch.GetTimestamp(), LogBegin.Load(_reader), BeforeMicros);
        if (_reader.ReadRange(begun?.Sequence ?? 0, 1) is not [{ } first, ..] || first.AtMicros >= Bounds(beforeMicros).BeforeMicros)
        {
            return Report(started, begun, begun);
        }

        HistoryLock.Make(log.Folder);
        using var export = Options.ExportFolder is { } folder ? new LogExport(folder, log.Secret.Span, _reader.ReadRange) : null;
        PublishedCatalogs? catalogs = null;
        for (CatalogSnapshot? live = null; isReady();)
        {
            if (live?.Version != _reader.LatestCatalogVersion())
            {
                catalogs = new PublishedCatalogs(_reader);
                live = catalogs.All.FirstOrDefault();
            }

            if (CutReadiness.Refusal(_reader, live) is not null)
            {
                return null;
            }

            var (version, models) = await foldedWith(stop);
            if (version != live!.Version)
            {
                continue;
            }

            var fold = new BaseFold(_reader, catalogs!, live, models);
            if (await TryCutAsync(fold, export, beforeMicros, stop))
            {
                return Report(started, begun, fold.Base.Begin);
            }
        }

        return null;
    }

    protected override async Task<bool> PrepareAsync(CancellationToken stop)
    {
        await log.PrepareCutAsync();
        return true;
    }

    protected override CutBounds Bounds(long beforeMicros)
    {
        var end = log.CommittedSequence;
        var last = _reader.ReadRange(end - 1, 1) is [{ } row, ..] ? row.AtMicros : 0;
        var bounds = CutBounds.Of(_reader, end, Math.Min(beforeMicros, last - MicrosOf(Options.KeepAtEnd)));

        // Of whom something is in the log alone, nothing of that is cut: who is loaded meanwhile finds it there.
        return bounds with { Last = Math.Min(bounds.Last, _reader.TailStart() - 1) };
    }

    /// <summary>While another process reads the whole log, the cut stands still.</summary>
    protected override async Task<(bool IsCut, TimeSpan Took)> WriteAsync(CutStep step, CancellationToken stop)
    {
        while (true)
        {
            using (var taken = HistoryLock.TryTake(log.Folder))
            {
                if (taken is not null)
                {
                    var written = await log.CutAsync(step);
                    if (written.IsCut)
                    {
                        onCut(step.Stands.Begin);
                    }

                    return written;
                }
            }

            await Task.Delay(Options.LookEvery, stop);
        }
    }
}
