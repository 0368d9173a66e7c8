using System.Buffers.Binary;
using System.Diagnostics;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Node.Log;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Retention;

/// <summary>
/// Cuts the log of a running node once a day, a little at a time. What is cut cannot change any more, so it is folded here, beside the writer; whoever writes it checks in
/// the transaction that nothing it was folded with has changed (catalog, erasures, where the log begins), and otherwise it is folded anew.
/// </summary>
/// <param name="doneKey">Name of the value with the time of the last cut that was through, in microseconds of the node's clock.</param>
/// <param name="pace">Of the transactions.</param>
internal abstract class LogRetention(INodeLog log, RetentionOptions options, TimeProvider time, string doneKey, CutPace pace) : IAsyncDisposable
{
    /// <summary>Of the records of one transaction; the one that crosses it is the last.</summary>
    private const long MostBytes = 1 << 20;

    private static readonly TimeSpan MostRetryAfter = TimeSpan.FromHours(1);

    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;
    private long _doneAtMicros = long.MinValue;
    private long _failures;

    /// <summary>Cuts that ended before all that was due was cut, but for those that a stop ended.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>When the last cut was through, in microseconds of the node's clock; <c>null</c>: none ever was.</summary>
    public long? DoneAtMicros => Interlocked.Read(ref _doneAtMicros) is > long.MinValue and var done ? done : null;

    protected RetentionOptions Options => options;

    /// <summary>Records that are earlier may go, as far as the time asked for says.</summary>
    protected long BeforeMicros => time.NowMicros() - MicrosOf(options.Keep);

    public void Start()
    {
        ReadDone();
        _loop = Task.Run(RunAsync);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    /// <summary>Cuts all that is due; for the loop, and for tests that do not wait for it.</summary>
    /// <returns><c>null</c>: not everybody is folded with what is live yet, or not everything restored, or it is another node's turn.</returns>
    internal abstract Task<RetentionReport?> CutAsync(CancellationToken stop);

    /// <summary>How far may be cut now.</summary>
    /// <param name="beforeMicros">Records are older.</param>
    protected abstract CutBounds Bounds(long beforeMicros);

    /// <summary>Writes a step, as soon as nobody reads the whole log.</summary>
    /// <returns>Whether it was written; otherwise the store has changed so that what is left is to be folded anew. And how long that took.</returns>
    protected abstract Task<(bool IsCut, TimeSpan Took)> WriteAsync(CutStep step, CancellationToken stop);

    /// <summary>Before records are cut that were read together.</summary>
    /// <returns><c>false</c>: what is left is to be begun anew.</returns>
    protected abstract Task<bool> PrepareAsync(CancellationToken stop);

    /// <returns><c>false</c>: the store has changed so that what is left is to be folded anew.</returns>
    protected async Task<bool> TryCutAsync(BaseFold fold, LogExport? export, long beforeMicros, CancellationToken stop)
    {
        while (true)
        {
            var rows = fold.Read(options.RecordsPerFile, Bounds(beforeMicros));
            if (rows.Count == 0)
            {
                return true;
            }

            export?.Write(rows);
            if (!await PrepareAsync(stop))
            {
                return false;
            }

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

                at += together.Count;
                await pace.WaitAsync(worked, took, stop);
            }
        }
    }

    protected static RetentionReport Report(long started, LogBegin? begun, LogBegin? stands) => new(
        (stands?.Sequence ?? 0) - (begun?.Sequence ?? 0),
        stands?.Sequence ?? 0,
        stands is null or { Sequence: 0 } ? null : Micros.ToTime(stands.AtMicros),
        Stopwatch.GetElapsedTime(started),
        Failure: null);

    protected static long MicrosOf(TimeSpan span) => span.Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>The records of one transaction: as many as the pace says, and no more than some bytes.</summary>
    private List<LogRow> Together(IReadOnlyList<LogRow> rows, int at)
    {
        var together = new List<LogRow>();
        for (long bytes = 0; at < rows.Count && together.Count < pace.Together && bytes < MostBytes; at++)
        {
            together.Add(rows[at]);
            bytes += rows[at].Accounting.Length + rows[at].Personal.Length;
        }

        return together;
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
                await log.WriteAsync(transaction => transaction.SetValue(doneKey, value));
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

    /// <summary>Also when the clock was set back behind the last cut: then that says nothing. Another node may have cut meanwhile.</summary>
    private bool IsDue(long now)
    {
        if (IsLongAgo(now))
        {
            ReadDone();
        }

        return IsLongAgo(now);
    }

    private bool IsLongAgo(long now) => DoneAtMicros is not { } done || now - done >= MicrosOf(options.Every) || done - now >= MicrosOf(options.Every);

    private void ReadDone()
    {
        if (log.Reader.GetValue(doneKey) is { Length: sizeof(long) } done)
        {
            Interlocked.Exchange(ref _doneAtMicros, BinaryPrimitives.ReadInt64LittleEndian(done));
        }
    }

    /// <summary>Messages of these name files, records and internal keys; of any other exception only its kind is told.</summary>
    private static string Describe(Exception failure) => failure is NodeLogException or IOException or UnauthorizedAccessException or CorruptDataException
        ? failure.Message
        : failure.GetType().Name;
}
