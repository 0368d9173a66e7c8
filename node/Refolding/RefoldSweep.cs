using System.Security.Cryptography;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Identity;
using PmOrleans.Node.Customers;
using PmOrleans.Node.Log;

namespace PmOrleans.Node.Refolding;

/// <summary>
/// After a publish that changes metrics, caps or segments, visits every customer of the store once and folds it with the new definitions. Nobody waits for
/// it: a customer who does something meanwhile is folded at once. It goes on where it was after a restart, and begins anew after another such publish.
/// </summary>
/// <param name="environment">What is live now; <c>null</c> before the first publish.</param>
/// <param name="isAlone">Whether only this node writes customers: then who is neither live nor in its tail is saved with all there is.</param>
/// <param name="wake">Loads, refolds and updates one customer by the usual way, with its record in the log where there is something to say.</param>
internal sealed class RefoldSweep(
    INodeLog log,
    CustomerLoader loader,
    CustomerDirectory directory,
    Func<DecisionEnvironment?> environment,
    Func<UInt128, ValueTask> wake,
    bool isAlone,
    TimeProvider time,
    RefoldOptions options) : IAsyncDisposable
{
    private const string MarkKey = "node.refold";

    /// <summary>States that one transaction saves: some ten milliseconds of the writer's time.</summary>
    private const int SavedTogether = 1_000;
    private const int Page = 512;

    /// <summary>How often the mark is written while a pass runs: more would be a commit for every shard of a small store.</summary>
    private const int MarkEveryMilliseconds = 1_000;

    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _changed = new(0);
    private readonly Lock _gate = new();
    private readonly RefoldPace _pace = new(log, options.CustomersPerSecond);
    private Task _loop = Task.CompletedTask;
    private RefoldMark _mark;
    private long _visited;
    private long _refolded;
    private long _markedAt;

    /// <summary>100 % before a catalog is live.</summary>
    public RefoldProgress Progress
    {
        get
        {
            lock (_gate)
            {
                // A mark of what was live before says nothing: a pass that has not begun yet stands at 0.
                var percent = environment() is not { } live ? 100
                    : _mark.Target == RefoldTarget.Of(live) ? ulong.PopCount(_mark.DoneShards) * 100.0 / RefoldMark.Shards
                    : 0;
                return new RefoldProgress(percent, Interlocked.Read(ref _visited), Interlocked.Read(ref _refolded));
            }
        }
    }

    /// <summary>Begins to watch; with a catalog that is live already, what an earlier run left is done.</summary>
    public void Start() => _loop = Task.Run(RunAsync);

    /// <summary>Another catalog is live.</summary>
    public void OnPublished() => _changed.Release();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
        _changed.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                try
                {
                    if (environment() is { } live && Begin(RefoldTarget.Of(live)))
                    {
                        await PassAsync(RefoldTarget.Of(live));
                        continue;
                    }

                    await _changed.WaitAsync(_stop.Token);
                }
                catch (Exception outage) when (outage is NodeLogException or NodeUnavailableException)
                {
                    // The store cannot be read or written now: what was not marked as done is done later.
                    await Task.Delay(TimeSpan.FromSeconds(1), _stop.Token);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }

    /// <summary>Whether there is something left to do for a target.</summary>
    private bool Begin(RefoldTarget target)
    {
        var stored = RefoldMark.Read(log.Reader.GetValue(MarkKey));
        lock (_gate)
        {
            _mark = stored?.Target == target ? stored.Value : new RefoldMark(target, 0);
            if (_mark.IsDone)
            {
                return false;
            }

            Interlocked.Exchange(ref _visited, 0);
            Interlocked.Exchange(ref _refolded, 0);
            _pace.Begin();
            _markedAt = Environment.TickCount64;
            return true;
        }
    }

    private async Task PassAsync(RefoldTarget target)
    {
        // Who comes to have records beyond the saved state from here on is live meanwhile.
        HashSet<CustomerKey>? withTail = isAlone ? [.. log.Reader.CustomersWithTail(log.Reader.TailStart() - 1)] : null;
        var shards = Enumerable.Range(0, RefoldMark.Shards).Where(shard => (_mark.DoneShards & (1UL << shard)) == 0).ToList();
        try
        {
            await Parallel.ForEachAsync(
                shards,
                new ParallelOptions { MaxDegreeOfParallelism = options.Threads, CancellationToken = _stop.Token },
                async (shard, stop) =>
                {
                    using var visit = new RefoldVisit(loader, directory, time);
                    if (!await ShardAsync(shard, target, withTail, visit, stop))
                    {
                        return;
                    }

                    // Saved before it is marked: a mark holds the shards of other threads as well, which have done the same.
                    await SaveAsync(visit.TakeFolded());
                    RefoldMark mark;
                    bool isTime;
                    lock (_gate)
                    {
                        mark = _mark with { DoneShards = _mark.DoneShards | (1UL << shard) };
                        isTime = mark.IsDone || Environment.TickCount64 - _markedAt >= MarkEveryMilliseconds;
                        _markedAt = isTime ? Environment.TickCount64 : _markedAt;
                        _mark = mark.IsDone ? _mark : mark;
                    }

                    if (isTime)
                    {
                        await SaveMarkAsync(mark);
                    }

                    // The last mark came behind the records of all who were woken: whoever is told that the pass is over finds them in the log.
                    if (mark.IsDone)
                    {
                        lock (_gate)
                        {
                            _mark = mark;
                        }
                    }
                });
        }
        catch (OperationCanceledException)
        {
            // An orderly stop keeps every shard that is done; only a kill loses those since the last mark.
            await SaveMarkAsync(_mark);
            throw;
        }
    }

    private Task SaveMarkAsync(RefoldMark mark) => log.WriteAsync(transaction => transaction.SetValue(MarkKey, mark.ToArray()));

    /// <returns><c>false</c> when another catalog went live meanwhile.</returns>
    private async Task<bool> ShardAsync(
        int shard, RefoldTarget target, HashSet<CustomerKey>? withTail, RefoldVisit visit, CancellationToken stop)
    {
        var after = shard == 0 ? UInt128.Zero : ((UInt128)(uint)shard << 122) - 1;
        while (true)
        {
            var page = log.Reader.ReadSaved(after, Page);
            var isLast = page.Count < Page;
            foreach (var row in page)
            {
                var identity = row.Identity;
                if ((int)(identity.IdHash >> 122) != shard)
                {
                    isLast = true;
                    break;
                }

                if (environment() is not { } live || RefoldTarget.Of(live) != target)
                {
                    return false;
                }

                try
                {
                    if (!visit.TryVisit(row, withTail?.Contains(identity.Customer) ?? true, live))
                    {
                        await wake(identity.IdHash);
                    }
                }
                catch (Exception damaged) when (damaged is CorruptDataException or CryptographicException)
                {
                    // One customer whose records cannot be read: told to whoever asks for that customer, and no reason to leave out the rest.
                }

                Interlocked.Increment(ref _visited);
            }

            if (visit.Folded.Count >= SavedTogether)
            {
                await SaveAsync(visit.TakeFolded());
            }

            await _pace.WaitAsync(Interlocked.Read(ref _visited), () => environment() is { } live && RefoldTarget.Of(live) == target, stop);
            if (isLast)
            {
                return true;
            }

            after = page[^1].Identity.IdHash;
        }
    }

    private async Task SaveAsync(List<SnapshotRow> folded)
    {
        if (folded.Count == 0)
        {
            return;
        }

        await log.WriteAsync(
            transaction =>
            {
                foreach (var row in folded)
                {
                    transaction.SaveSnapshot(row);
                }
            },
            _stop.Token);
        Interlocked.Add(ref _refolded, folded.Count);
    }
}
