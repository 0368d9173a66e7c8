using System.Diagnostics;
using PmOrleans.Decisioning.Learning;
using PmOrleans.Node.Log;
using PmOrleans.Node.Log.Postgres;
using PmOrleans.Node.Owners;
using PmOrleans.Node.Verification;

namespace PmOrleans.Node.Retention;

/// <summary>
/// Cuts the logs of all nodes of a PostgreSQL store beside them, as <see cref="ClusterLogCutter"/> does alone. One node does it at a time, which saves work and no more: of two
/// that work out the same step the transaction lets one through.
/// </summary>
/// <param name="isReady">Whether everybody is folded with what is live here, and nothing is restored any more from records that might be cut.</param>
/// <param name="foldedWith">As for <see cref="FolderRetention"/>, of a node that is alone; <c>null</c>: the models' owner says it.</param>
/// <param name="say">Tells the other nodes what is known of the store here.</param>
/// <param name="onCut">Told where the logs begin, and this node's own, after each transaction.</param>
internal sealed class ClusterRetention(
    PostgresNodeLog log,
    RetentionOptions options,
    TimeProvider time,
    Func<bool> isReady,
    Func<CancellationToken, Task<(int Version, IReadOnlyDictionary<int, BetaOptions> Options)>>? foldedWith,
    Func<CancellationToken, Task> say,
    Action<LogBegin, long> onCut) : LogRetention(log, options, time, Key, new CutPace(log, options.RecordsTogether, times: 8))
{
    /// <summary>Name of the value with the time of the last cut, the cluster's.</summary>
    public const string Key = "cut";

    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(50);

    private readonly PostgresStore _store = log.Store;
    private ClusterRange? _range;
    private CutBounds _bounds;
    private ClusterCut? _cut;

    internal override async Task<RetentionReport?> CutAsync(CancellationToken stop)
    {
        if (!isReady() || !await IsItsTurnAsync(stop))
        {
            return null;
        }

        var (started, reader, beforeMicros) = (Stopwatch.GetTimestamp(), _store.ReaderOf(() => 0), BeforeMicros);
        var begun = LogBegin.Load(reader);
        if (new ClusterLog(_store, await _store.NodesAsync(stop)).Next is not { } first || first.Row.AtMicros >= beforeMicros)
        {
            return Report(started, begun, begun);
        }

        // Before the store becomes one that an earlier release does not open.
        await UntilAllAsync(static writer => writer is not null, stop);
        await _store.PrepareCutsAsync(stop);
        await say(stop);
        await UntilAllAsync(Knows, stop);
        await using var connection = await _store.OpenCutAsync(stop);
        _cut = new ClusterCut(connection, log.Schema);
        using var export = Options.ExportFolder is { } folder ? new LogExport(folder, log.Secret.Span, (after, limit) => _range!.Read(after, limit)) : null;
        try
        {
            while (isReady())
            {
                if (await BeginAsync(reader, beforeMicros, stop) is not { } fold)
                {
                    return null;
                }

                if (await TryCutAsync(fold, export, beforeMicros, stop))
                {
                    return Report(started, begun, fold.Base.Begin);
                }
            }
        }
        catch (Exception exception) when (ServerFailure.IsServer(exception) && exception is not IOException)
        {
            throw ServerFailure.Explain(exception, "The logs of the nodes cannot be cut");
        }

        return null;
    }

    protected override CutBounds Bounds(long beforeMicros) => _bounds;

    /// <summary>A process of a release that knows of no cuts beside it may have come.</summary>
    protected override async Task<bool> PrepareAsync(CancellationToken stop) => (await WritersAsync(stop)).All(writer => Knows(writer.Said));

    protected override async Task<(bool IsCut, TimeSpan Took)> WriteAsync(CutStep step, CancellationToken stop)
    {
        for (var marks = _range!.MarksAt(step.Stands.Begin.Sequence); ;)
        {
            var started = Stopwatch.GetTimestamp();
            switch (_cut!.TryRun(step, marks))
            {
                case ClusterCutOutcome.Cut:
                    onCut(step.Stands.Begin, marks.GetValueOrDefault(log.Node));
                    return (true, Stopwatch.GetElapsedTime(started));
                case ClusterCutOutcome.HasChanged:
                    return (false, Stopwatch.GetElapsedTime(started));
            }

            await Task.Delay(Options.LookEvery, stop);
        }
    }

    /// <summary>Finds out how far may be cut now.</summary>
    /// <returns>What goes on from the base that is there; <c>null</c>: it cannot be cut now.</returns>
    private async Task<BaseFold?> BeginAsync(ILogReader reader, long beforeMicros, CancellationToken stop)
    {
        var catalogs = new PublishedCatalogs(reader);
        var live = catalogs.All.FirstOrDefault();
        if (CutReadiness.Refusal(log.Reader, live, isShared: foldedWith is null) is not null)
        {
            return null;
        }

        IReadOnlyDictionary<int, BetaOptions> models;
        List<OwnerRow> owners = [];
        if (foldedWith is null)
        {
            owners = await ClusterLogCutter.OwnersAsync(_store, stop);

            // What was saved under an earlier version may mean something else; and from then on until it is saved under this one, the owner may go back to where the logs begin.
            if (owners.Find(owner => owner.Owner == RangeOwner.RowOf(OwnerName.Models)) is not { } saved || ModelBook.ReadVersion(saved.State) != live!.Version)
            {
                return null;
            }

            models = LogCutter.OptionsOf(ModelBook.ReadState(saved.State));
        }
        else
        {
            (var version, models) = await foldedWith(stop);
            if (version != live!.Version)
            {
                return null;
            }
        }

        // What is written later has a later turn: nothing can come before a record of these logs that is not there now.
        var epochs = await _store.StandingNodesAsync(stop);
        var (lasts, latest) = (new Dictionary<string, long>(StringComparer.Ordinal), 0L);
        foreach (var node in epochs.GroupBy(epoch => epoch.Node, StringComparer.Ordinal))
        {
            var (theirs, end) = (_store.ReaderOf(node.Key), node.Max(epoch => epoch.LastSequence));
            latest = Math.Max(latest, theirs.ReadRange(end - 1, 1) is [{ } row, ..] ? row.AtMicros : 0);

            // Of whom something is in the logs alone, nothing of that is cut: who is loaded meanwhile finds it there.
            lasts[node.Key] = Math.Min(ClusterLogCutter.LastOf(node.Key, theirs, end, owners), await _store.FirstUnsavedAsync(node.Key, stop) - 1);
        }

        _bounds = new CutBounds(long.MaxValue, Math.Min(beforeMicros, latest - MicrosOf(Options.KeepAtEnd)));
        _range = new ClusterRange(_store, epochs, lasts);
        return new BaseFold(reader, catalogs, live, models, _range.Read);
    }

    private static bool Knows(CutWriter? writer) => writer is { KnowsBases: true };

    private async Task<IEnumerable<(long Epoch, CutWriter? Said)>> WritersAsync(CancellationToken stop) =>
        (await _store.WritersAsync(CutWriter.Key, stop)).Select(writer => (writer.Epoch, CutWriter.Of(writer)));

    /// <summary>The oldest process that cuts: one that is frozen ceases to be as soon as its epoch is sealed.</summary>
    private async Task<bool> IsItsTurnAsync(CancellationToken stop) =>
        (await WritersAsync(stop)).Where(writer => writer.Said is { Cuts: true }).Select(writer => writer.Epoch).DefaultIfEmpty().Min() == log.Epoch;

    /// <summary>Completes when all who may write have said something. Who begins later sees at once what the store is.</summary>
    private async Task UntilAllAsync(Predicate<CutWriter?> said, CancellationToken stop)
    {
        for (var until = Environment.TickCount64 + (long)Options.KnownWithin.TotalMilliseconds; ;)
        {
            var others = (await WritersAsync(stop)).Where(writer => !said(writer.Said)).Select(writer => writer.Epoch).ToList();
            if (others.Count == 0)
            {
                return;
            }

            if (Environment.TickCount64 >= until)
            {
                throw new NodeLogException(
                    NodeLogError.InUse, $"the logs are not cut while a process writes that does not say that it knows of cuts beside it: that of epoch {string.Join(", ", others)}, perhaps of a release before this one");
            }

            await Task.Delay(LookAgain, stop);
        }
    }
}
