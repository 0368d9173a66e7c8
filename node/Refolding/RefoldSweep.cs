using System.Diagnostics.CodeAnalysis;
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
    /// <summary>States that one transaction saves: some five milliseconds of the writer's time.</summary>
    private const int SavedTogether = 1_000;
    private const int Page = 1_000;

    /// <summary>Histories read together: enough that neighbours in the log come from one page, and no more than some megabytes of long ones.</summary>
    private const int FoldedTogether = 250;

    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _changed = new(0);
    private readonly RefoldMarks _marks = new(log);
    private readonly RefoldPace _pace = new(log, options.CustomersPerSecond);
    private Task _loop = Task.CompletedTask;
    private long _visited;
    private long _refolded;

    /// <summary>100 % before a catalog is live.</summary>
    public RefoldProgress Progress => new(
        environment() is { } live ? _marks.PercentOf(RefoldTarget.Of(live)) : 100, Interlocked.Read(ref _visited), Interlocked.Read(ref _refolded));

    /// <summary>Begins to watch; with a catalog that is live already, what an earlier run left is done.</summary>
    public void Start() => _loop = Task.Run(RunAsync);

    /// <summary>A catalog went live.</summary>
    public void OnPublished(DecisionEnvironment live)
    {
        _marks.OnPublished(live);
        _changed.Release();
    }

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
            for (var isLoaded = false; ;)
            {
                try
                {
                    if (!isLoaded)
                    {
                        _marks.Load();
                        isLoaded = true;
                    }

                    if (_marks.TryBegin(out var generation, out var target))
                    {
                        Interlocked.Exchange(ref _visited, 0);
                        Interlocked.Exchange(ref _refolded, 0);
                        _pace.Begin();
                        await PassAsync(generation, target);
                        continue;
                    }

                    await _marks.FollowAsync();
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

    private async Task PassAsync(int generation, RefoldTarget target)
    {
        bool GoesOn() => IsLive(generation, target, out _);

        // Whoever still works with what was live before holds a cell's lock or has a record in the queue.
        directory.PassLocks();
        await log.FlushAsync(_stop.Token);

        // Who comes to have records beyond the saved state from here on is live meanwhile.
        HashSet<CustomerKey>? withTail = isAlone ? [.. log.Reader.CustomersWithTail(log.Reader.TailStart() - 1)] : null;
        var placed = withTail is null ? null : log.Reader as IPlacedStates;
        if (placed is not null && !await WakeUnsavedAsync(withTail!, GoesOn))
        {
            return;
        }

        // Whoever was saved before being looked for among the unsaved has a place by now; who is saved later is folded by then.
        if (_marks.Divide(generation, placed is null ? 0 : Math.Max(1, placed.LastPlace())) is not { } mark)
        {
            return;
        }

        var walk = new CustomerWalk(log.Reader, placed, mark.LastPlace);

        try
        {
            await Parallel.ForEachAsync(
                Enumerable.Range(0, RefoldMark.Shards).Where(shard => (mark.DoneShards & (1UL << shard)) == 0),
                new ParallelOptions { MaxDegreeOfParallelism = options.Threads, CancellationToken = _stop.Token },
                async (shard, stop) =>
                {
                    if (await ShardAsync(walk, walk.PartOf(shard, RefoldMark.Shards), generation, target, withTail, stop))
                    {
                        await _marks.DoneAsync(shard, generation);
                    }
                });
        }
        catch (OperationCanceledException)
        {
            await _marks.KeepAsync();
            throw;
        }
    }

    /// <summary>Customers of whom nothing is saved yet lie in no place; all their records are in the tail.</summary>
    /// <returns><c>false</c> when another catalog went live meanwhile.</returns>
    private async Task<bool> WakeUnsavedAsync(HashSet<CustomerKey> withTail, Func<bool> goesOn)
    {
        foreach (var customer in withTail)
        {
            if (!goesOn())
            {
                return false;
            }

            if (log.Reader.LoadSnapshot(customer) is null && log.Reader.IdentitiesOf(customer) is [var identity, ..])
            {
                await WakeAsync(identity.IdHash);
                await _pace.WaitAsync(Interlocked.Increment(ref _visited), goesOn, _stop.Token);
            }
        }

        return true;
    }

    /// <returns><c>false</c> when another catalog went live meanwhile.</returns>
    private async Task<bool> ShardAsync(
        CustomerWalk walk, (UInt128 After, UInt128 Last) part, int generation, RefoldTarget target, HashSet<CustomerKey>? withTail, CancellationToken stop)
    {
        using var visit = new RefoldVisit(loader, directory, time);
        var saves = new RefoldSaves(log, saved => Interlocked.Add(ref _refolded, saved));
        try
        {
            for (var (after, last) = part; after < last;)
            {
                var page = walk.Read(after, last, Page);
                foreach (var row in page)
                {
                    if (!IsLive(generation, target, out var live))
                    {
                        return false;
                    }

                    await VisitAsync(visit, row, withTail?.Contains(row.Identity.Customer) ?? true, live);
                    Interlocked.Increment(ref _visited);
                }

                if (!await FoldAsync(visit, generation, target))
                {
                    return false;
                }

                if (visit.Folded.Count >= SavedTogether)
                {
                    await saves.AddAsync(visit.TakeFolded());
                }

                await _pace.WaitAsync(Interlocked.Read(ref _visited), () => IsLive(generation, target, out _), stop);
                after = page.Count < Page ? last : walk.PositionOf(page[^1]);
            }

            await saves.AddAsync(visit.TakeFolded());
            return true;
        }
        finally
        {
            // Nothing of this pass is written behind the next one.
            await saves.EndAsync();
        }
    }

    /// <summary>Folds those of a page who need their history.</summary>
    /// <returns><c>false</c> when another catalog went live meanwhile.</returns>
    private async ValueTask<bool> FoldAsync(RefoldVisit visit, int generation, RefoldTarget target)
    {
        foreach (var customers in visit.Unfolded.Chunk(FoldedTogether))
        {
            var histories = loader.ReadHistories(Array.ConvertAll(customers, static customer => customer.Row.Identity.Customer));
            for (var n = 0; n < customers.Length; n++)
            {
                if (!IsLive(generation, target, out var live))
                {
                    return false;
                }

                await FoldAsync(visit, customers[n], histories[n], live);
            }
        }

        visit.EndUnfolded();
        return true;
    }

    private bool IsLive(int generation, RefoldTarget target, [NotNullWhen(true)] out DecisionEnvironment? live) =>
        (live = environment()) is not null && RefoldTarget.Of(live) == target && _marks.Generation == generation;

    private ValueTask VisitAsync(RefoldVisit visit, SavedCustomerRow row, bool hasTail, DecisionEnvironment live)
    {
        try
        {
            return visit.TryVisit(row, hasTail, live, out var home) ? default : WakeAsync(home);
        }
        catch (Exception damaged) when (IsDamage(damaged))
        {
            // As below.
            return default;
        }
    }

    private ValueTask FoldAsync(RefoldVisit visit, UnfoldedCustomer customer, IReadOnlyList<LogRow> history, DecisionEnvironment live)
    {
        try
        {
            return visit.TryFold(customer, history, live, out var home) ? default : WakeAsync(home);
        }
        catch (Exception damaged) when (IsDamage(damaged))
        {
            // One customer whose records cannot be read: told to whoever asks for that customer, and no reason to leave out the rest.
            return default;
        }
    }

    private async ValueTask WakeAsync(UInt128 idHash)
    {
        try
        {
            await wake(idHash);
        }
        catch (Exception damaged) when (IsDamage(damaged))
        {
            // As above.
        }
    }

    private static bool IsDamage(Exception exception) => exception is CorruptDataException or CryptographicException;
}
