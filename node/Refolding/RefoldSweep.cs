using System.Collections.Concurrent;
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
/// <param name="marks">What is done, by this process or by all nodes of a cluster.</param>
/// <param name="isAlone">Whether only this node writes customers: then who is neither live nor in its tail is saved with all there is.</param>
/// <param name="wake">
/// Loads, refolds and updates one customer by the usual way; <c>true</c> when the record of what it had to say will be in the log before anything that is written here
/// later, <c>false</c> when it has to be asked again.
/// </param>
internal sealed class RefoldSweep(
    INodeLog log,
    CustomerLoader loader,
    CustomerDirectory directory,
    Func<DecisionEnvironment?> environment,
    Func<UInt128, ValueTask<bool>> wake,
    IRefoldMarks marks,
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
    private readonly RefoldPace _pace = new(log, options.CustomersPerSecond);
    private Task _loop = Task.CompletedTask;
    private long _visited;
    private long _refolded;

    /// <summary>100 % before a catalog is live.</summary>
    public RefoldProgress Progress => new(
        environment() is { } live ? marks.PercentOf(RefoldTarget.Of(live)) : 100, Interlocked.Read(ref _visited), Interlocked.Read(ref _refolded));

    /// <summary>Begins to watch; with a catalog that is live already, what an earlier run left is done.</summary>
    public void Start() => _loop = Task.Run(RunAsync);

    /// <summary>A catalog went live.</summary>
    public void OnPublished(DecisionEnvironment live)
    {
        marks.OnPublished(live);
        _changed.Release();
    }

    /// <inheritdoc cref="IRefoldMarks.Look"/>
    public void Look() => marks.Look();

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
                    if (await marks.BeginAsync(_stop.Token) is { } pass)
                    {
                        Interlocked.Exchange(ref _visited, 0);
                        Interlocked.Exchange(ref _refolded, 0);
                        _pace.Begin();
                        await PassAsync(pass);
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

    private async Task PassAsync(RefoldPass pass)
    {
        bool GoesOn() => IsLive(pass, out _);

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
        if (marks.Divide(pass, placed is null ? 0 : Math.Max(1, placed.LastPlace())) is not { } lastPlace)
        {
            return;
        }

        var walk = new CustomerWalk(log.Reader, placed, lastPlace);
        var ends = new ConcurrentBag<Task>();
        try
        {
            try
            {
                await Parallel.ForEachAsync(
                    marks.ShardsAsync(pass, _stop.Token),
                    new ParallelOptions { MaxDegreeOfParallelism = options.Threads, CancellationToken = _stop.Token },
                    async (shard, stop) =>
                    {
                        // What it has to save at its end is written while the next shard is being folded.
                        if (await ShardAsync(walk, walk.PartOf(shard, RefoldMark.Shards), pass, withTail, stop) is { } saves)
                        {
                            ends.Add(EndAsync(shard, saves));
                        }
                    });
            }
            finally
            {
                // Nothing of this pass is written behind the next one.
                await Task.WhenAll(ends);
            }
        }
        catch (OperationCanceledException)
        {
            await marks.KeepAsync(pass);
            throw;
        }

        async Task EndAsync(int shard, RefoldSaves saves)
        {
            await saves.EndAsync();
            await marks.DoneAsync(shard, pass);
        }
    }

    /// <summary>Customers of whom nothing is saved yet lie in no place; all their records are in the tail.</summary>
    /// <returns><c>false</c> when another catalog went live meanwhile.</returns>
    private async Task<bool> WakeUnsavedAsync(HashSet<CustomerKey> withTail, Func<bool> goesOn)
    {
        var wakes = new RefoldWakes(wake, IsDamage, goesOn, _stop.Token);
        foreach (var customer in withTail)
        {
            if (!goesOn())
            {
                return false;
            }

            if (log.Reader.LoadSnapshot(customer) is null && log.Reader.IdentitiesOf(customer) is [var identity, ..])
            {
                await wakes.AddAsync(identity.IdHash);
                await _pace.WaitAsync(Interlocked.Increment(ref _visited), goesOn, _stop.Token);
            }
        }

        await wakes.EndAsync();
        return true;
    }

    /// <returns>The last saves, which are under way; <c>null</c> when another catalog went live meanwhile.</returns>
    private async Task<RefoldSaves?> ShardAsync(
        CustomerWalk walk, (UInt128 After, UInt128 Last) part, RefoldPass pass, HashSet<CustomerKey>? withTail, CancellationToken stop)
    {
        bool GoesOn() => IsLive(pass, out _);

        using var visit = new RefoldVisit(loader, directory, time);
        var wakes = new RefoldWakes(wake, IsDamage, GoesOn, stop);
        var saves = new RefoldSaves(log, saved => Interlocked.Add(ref _refolded, saved));
        var isWhole = false;
        try
        {
            for (var (after, last) = part; after < last;)
            {
                var page = walk.Read(after, last, Page);
                var behind = withTail ?? log.Reader.BehindOf(page);
                foreach (var row in page)
                {
                    if (!IsLive(pass, out var live))
                    {
                        return null;
                    }

                    await VisitAsync(visit, wakes, row, behind?.Contains(row.Identity.Customer) ?? true, live);
                    Interlocked.Increment(ref _visited);
                }

                if (!await FoldAsync(visit, wakes, pass))
                {
                    return null;
                }

                if (visit.Folded.Count >= SavedTogether)
                {
                    await saves.AddAsync(visit.TakeFolded());
                }

                await _pace.WaitAsync(Interlocked.Read(ref _visited), GoesOn, stop);
                after = page.Count < Page ? last : walk.PositionOf(page[^1]);
            }

            await saves.AddAsync(visit.TakeFolded());
            await wakes.EndAsync();
            isWhole = GoesOn();
            return isWhole ? saves : null;
        }
        finally
        {
            if (!isWhole)
            {
                await saves.EndAsync();
            }
        }
    }

    /// <summary>Folds those of a page who need their history.</summary>
    /// <returns><c>false</c> when another catalog went live meanwhile.</returns>
    private async ValueTask<bool> FoldAsync(RefoldVisit visit, RefoldWakes wakes, RefoldPass pass)
    {
        foreach (var customers in visit.Unfolded.Chunk(FoldedTogether))
        {
            var histories = loader.ReadHistories(Array.ConvertAll(customers, static customer => customer.Row.Identity.Customer));
            for (var n = 0; n < customers.Length; n++)
            {
                if (!IsLive(pass, out var live))
                {
                    return false;
                }

                await FoldAsync(visit, wakes, customers[n], histories[n], live);
            }
        }

        visit.EndUnfolded();
        return true;
    }

    private bool IsLive(RefoldPass pass, [NotNullWhen(true)] out DecisionEnvironment? live) =>
        (live = environment()) is not null && RefoldTarget.Of(live) == pass.Target && marks.IsCurrent(pass);

    private static ValueTask VisitAsync(RefoldVisit visit, RefoldWakes wakes, SavedCustomerRow row, bool hasTail, DecisionEnvironment live)
    {
        try
        {
            return visit.TryVisit(row, hasTail, live, out var home) ? default : wakes.AddAsync(home);
        }
        catch (Exception damaged) when (IsDamage(damaged))
        {
            // As below.
            return default;
        }
    }

    private static ValueTask FoldAsync(RefoldVisit visit, RefoldWakes wakes, UnfoldedCustomer customer, IReadOnlyList<LogRow> history, DecisionEnvironment live)
    {
        try
        {
            return visit.TryFold(customer, history, live, out var home) ? default : wakes.AddAsync(home);
        }
        catch (Exception damaged) when (IsDamage(damaged))
        {
            // One customer whose records cannot be read: told to whoever asks for that customer, and no reason to leave out the rest.
            return default;
        }
    }

    private static bool IsDamage(Exception exception) => exception is CorruptDataException or CryptographicException;
}
