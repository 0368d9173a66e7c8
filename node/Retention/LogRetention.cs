using System.Buffers.Binary;
using System.Diagnostics;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Learning;
using PmOrleans.Node.Log;
using PmOrleans.Node.Time;
using PmOrleans.Node.Verification;

namespace PmOrleans.Node.Retention;

/// <summary>
/// Cuts the log of a running node once a day, a little at a time. What is cut cannot change any more, so it is folded here, beside the writer; the writer checks in
/// the transaction that nothing it was folded with has changed (catalog, erasures, where the log begins), and otherwise it is folded anew.
/// </summary>
/// <param name="isReady">Whether nothing is restored any more from records that might be cut.</param>
/// <param name="foldedWith">The catalog version that is live and what the models are folded with, by policy, while no publish is under way.</param>
/// <param name="onCut">Told where the log begins, after each transaction.</param>
internal sealed class LogRetention(
    SqliteNodeLog log,
    RetentionOptions options,
    TimeProvider time,
    Func<bool> isReady,
    Func<CancellationToken, Task<(int Version, IReadOnlyDictionary<int, BetaOptions> Options)>> foldedWith,
    Action<LogBegin> onCut) : IAsyncDisposable
{
    /// <summary>Name of the value with the time of the last cut that was through, in microseconds of the node's clock.</summary>
    public const string Key = "node.cut";

    /// <summary>Of the records of one transaction; the one that crosses it is the last.</summary>
    private const long MostBytes = 1 << 20;

    private static readonly TimeSpan MostRetryAfter = TimeSpan.FromHours(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly ILogReader _reader = log.Reader;
    private readonly CutPace _pace = new(log, options.RecordsTogether);
    private Task _loop = Task.CompletedTask;
    private long _doneAtMicros = long.MinValue;
    private long _failures;

    /// <summary>Cuts that ended before all that was due was cut, but for those that a stop ended.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>When the last cut was through, in microseconds of the node's clock; <c>null</c>: none ever was.</summary>
    public long? DoneAtMicros => Interlocked.Read(ref _doneAtMicros) is > long.MinValue and var done ? done : null;

    public void Start()
    {
        if (_reader.GetValue(Key) is { Length: sizeof(long) } done)
        {
            Interlocked.Exchange(ref _doneAtMicros, BinaryPrimitives.ReadInt64LittleEndian(done));
        }

        _loop = Task.Run(RunAsync);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    /// <summary>Cuts all that is due; for the loop, and for tests that do not wait for it.</summary>
    /// <returns><c>null</c>: not everybody is folded with what is live yet, or not everything restored.</returns>
    internal async Task<RetentionReport?> CutAsync(CancellationToken stop)
    {
        var (started, begun, beforeMicros) = (Stopwatch.GetTimestamp(), LogBegin.Load(_reader), time.NowMicros() - MicrosOf(options.Keep));
        if (_reader.ReadRange(begun?.Sequence ?? 0, 1) is not [{ } first, ..] || first.AtMicros >= Bounds(beforeMicros).BeforeMicros)
        {
            return Report(begun);
        }

        HistoryLock.Make(log.Folder);
        using var export = options.ExportFolder is { } folder ? new LogExport(folder, log.Secret.Span, _reader.ReadRange) : null;
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
                return Report(fold.Base.Begin);
            }
        }

        return null;

        RetentionReport Report(LogBegin? stands) => new(
            (stands?.Sequence ?? 0) - (begun?.Sequence ?? 0),
            stands?.Sequence ?? 0,
            stands is null or { Sequence: 0 } ? null : Micros.ToTime(stands.AtMicros),
            Stopwatch.GetElapsedTime(started),
            Failure: null);
    }

    /// <returns><c>false</c>: the store has changed so that what is left is to be folded anew.</returns>
    private async Task<bool> TryCutAsync(BaseFold fold, LogExport? export, long beforeMicros, CancellationToken stop)
    {
        while (true)
        {
            var rows = fold.Read(options.RecordsPerFile, Bounds(beforeMicros));
            if (rows.Count == 0)
            {
                return true;
            }

            export?.Write(rows);
            await log.PrepareCutAsync();
            for (var at = 0; at < rows.Count;)
            {
                stop.ThrowIfCancellationRequested();
                var started = Stopwatch.GetTimestamp();
                var together = Together(rows, at);
                var step = fold.Fold(together);
                var worked = Stopwatch.GetElapsedTime(started);
                await (options.BeforeStep?.Invoke(step) ?? Task.CompletedTask);
                var (isCut, took) = await WriteAsync(step, stop);
                if (!isCut)
                {
                    return false;
                }

                onCut(step.Stands.Begin);
                at += together.Count;
                await _pace.WaitAsync(worked, took, stop);
            }
        }
    }

    /// <summary>The records of one transaction: as many as the pace says, and no more than some bytes.</summary>
    private List<LogRow> Together(IReadOnlyList<LogRow> rows, int at)
    {
        var together = new List<LogRow>();
        for (long bytes = 0; at < rows.Count && together.Count < _pace.Together && bytes < MostBytes; at++)
        {
            together.Add(rows[at]);
            bytes += rows[at].Accounting.Length + rows[at].Personal.Length;
        }

        return together;
    }

    private CutBounds Bounds(long beforeMicros)
    {
        var end = log.CommittedSequence;
        var last = _reader.ReadRange(end - 1, 1) is [{ } row, ..] ? row.AtMicros : 0;
        var bounds = CutBounds.Of(_reader, end, Math.Min(beforeMicros, last - MicrosOf(options.KeepAtEnd)));

        // Of whom something is in the log alone, nothing of that is cut: who is loaded meanwhile finds it there.
        return bounds with { Last = Math.Min(bounds.Last, _reader.TailStart() - 1) };
    }

    /// <summary>While another process reads the whole log, the cut stands still.</summary>
    private async Task<(bool IsCut, TimeSpan Took)> WriteAsync(CutStep step, CancellationToken stop)
    {
        while (true)
        {
            using (var taken = HistoryLock.TryTake(log.Folder))
            {
                if (taken is not null)
                {
                    return await log.CutAsync(step);
                }
            }

            await Task.Delay(options.LookEvery, stop);
        }
    }

    private async Task RunAsync()
    {
        var retryAfter = options.RetryAfter;
        var pause = options.LookEvery;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(pause, _stop.Token);
                pause = options.LookEvery;
                var now = time.NowMicros();
                if (!IsDue(now) || await CutAsync(_stop.Token) is not { } report)
                {
                    continue;
                }

                var value = new byte[sizeof(long)];
                BinaryPrimitives.WriteInt64LittleEndian(value, now);
                await log.WriteAsync(transaction => transaction.SetValue(Key, value));
                Interlocked.Exchange(ref _doneAtMicros, now);
                retryAfter = options.RetryAfter;
                options.OnReport?.Invoke(report);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                // Whatever it is, decisions go on: the log grows, somebody is told, and it is tried again.
                Interlocked.Increment(ref _failures);
                options.OnReport?.Invoke(new RetentionReport(0, 0, null, TimeSpan.Zero, Describe(failure)));
                pause = retryAfter;
                retryAfter = retryAfter * 2 < MostRetryAfter ? retryAfter * 2 : MostRetryAfter;
            }
        }
    }

    /// <summary>Also when the clock was set back behind the last cut: then that says nothing.</summary>
    private bool IsDue(long now) => DoneAtMicros is not { } done || now - done >= MicrosOf(options.Every) || done - now >= MicrosOf(options.Every);

    /// <summary>Messages of these name files, records and internal keys; of any other exception only its kind is told.</summary>
    private static string Describe(Exception failure) => failure is NodeLogException or IOException or UnauthorizedAccessException or CorruptDataException
        ? failure.Message
        : failure.GetType().Name;

    private static long MicrosOf(TimeSpan span) => span.Ticks / TimeSpan.TicksPerMicrosecond;
}
