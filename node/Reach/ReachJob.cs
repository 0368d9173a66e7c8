using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Identity;
using PmOrleans.Decisioning.Profiles;
using PmOrleans.Decisioning.Reach;
using PmOrleans.Node.Customers;
using PmOrleans.Node.Log;
using PmOrleans.Node.Port;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Reach;

/// <summary>
/// One count over every customer of the store, on threads of its own. Live customers are read under their own lock, a few microseconds each; saved
/// ones are read from the store and not brought to life.
/// </summary>
internal sealed class ReachJob(
    string id,
    DecisionEnvironment environment,
    Property[] context,
    bool refolds,
    IReadOnlyList<CatalogProblem> problems,
    INodeLog log,
    CustomerDirectory directory,
    bool isAlone,
    TimeProvider time)
{
    private const int Page = 1024;

    /// <summary>Threads at work. Two, because one reads while the other counts; more would be felt by who decides.</summary>
    private const int Workers = 2;

    private readonly CustomerLoader _loader = new(log, new DirtyCustomers(), new NodeHashes(log.Secret.Span));
    private readonly long _startedAt = time.NowMicros();
    private readonly double[] _doneBy = new double[Workers];
    private readonly long[] _countedBy = new long[Workers];
    private long _customers;
    private volatile bool _cancelled;
    private volatile Ending? _ending;

    public string Id => id;

    public bool IsRunning => _ending is null;

    public void Start() => new Thread(Run) { IsBackground = true, Name = "reach" }.Start();

    public void Cancel() => _cancelled = true;

    public ReachView View()
    {
        var ending = _ending;
        return new ReachView(
            id,
            ending?.Status ?? "running",
            ending is { Status: "done" } ? 100 : Math.Round(_doneBy.Sum(done => Math.Min(done, 1)) / Workers * 100, 1),
            Interlocked.Read(ref _customers),
            refolds,
            _startedAt,
            ending?.AtMicros,
            ending?.Failure,
            ending?.Offers ?? [],
            problems);
    }

    private void Run()
    {
        try
        {
            // Who has records of this node beyond the saved state now, or comes to have some, is among these or live.
            var withTail = log.Reader.CustomersWithTail(log.Reader.TailStart() - 1).ToHashSet();
            using var tally = new ReachTally(environment, context);
            var (walk, unsaved) = Plan(withTail);
            CountUnsaved(unsaved, tally);
            var others = Enumerable.Range(1, Workers - 1).Select(part => Task.Factory.StartNew(
                () =>
                {
                    using var its = new ReachTally(environment, context);
                    CountPart(walk, part, unsaved, withTail, its);
                    lock (tally)
                    {
                        tally.Add(its);
                    }
                },
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default)).ToArray();
            try
            {
                using var first = new ReachTally(environment, context);
                CountPart(walk, 0, unsaved, withTail, first);
                lock (tally)
                {
                    tally.Add(first);
                }
            }
            finally
            {
                Task.WaitAll(others);
            }

            End(_cancelled ? "cancelled" : "done", _cancelled ? [] : Offers(tally));
        }
        catch (Exception broken)
        {
            // Nobody awaits this thread: what it throws would end the process.
            End("failed", [], (broken as AggregateException)?.InnerException?.Message ?? broken.Message);
        }
    }

    /// <summary>
    /// Most asleep: by the places of their states, and before them whom no state is saved of; whoever of these is saved meanwhile is not counted again, and
    /// whoever comes later lies behind the last place. Most live: by the hashes of ids, which reads no states.
    /// </summary>
    private (CustomerWalk Walk, HashSet<CustomerKey> Unsaved) Plan(HashSet<CustomerKey> withTail)
    {
        if (isAlone && log.Reader is IPlacedStates placed && placed.LastPlace() > 2L * directory.Count)
        {
            var unsaved = withTail.Where(customer => log.Reader.LoadSnapshot(customer) is null).ToHashSet();
            return (new CustomerWalk(log.Reader, placed, placed.LastPlace()), unsaved);
        }

        return (new CustomerWalk(log.Reader, null, 0), []);
    }

    private void CountUnsaved(HashSet<CustomerKey> unsaved, ReachTally tally)
    {
        foreach (var customer in unsaved)
        {
            // Of several ids the one the customer lives under is counted.
            foreach (var identity in _cancelled ? [] : log.Reader.IdentitiesOf(customer))
            {
                Count(new SavedCustomerRow(identity, null), isSaved: true, hasTail: true, tally);
            }
        }

        Interlocked.Add(ref _customers, tally.Customers);
    }

    /// <summary>One part of the walk, each customer of it once.</summary>
    private void CountPart(CustomerWalk walk, int part, HashSet<CustomerKey> unsaved, HashSet<CustomerKey> withTail, ReachTally tally)
    {
        try
        {
            var (after, last) = walk.PartOf(part, Workers);
            var (begin, width) = (after, last - after);
            var isSaved = walk.IsByPlaces;
            while (!_cancelled)
            {
                var page = walk.Read(after, last, Page, isSaved);
                var asleep = 0;
                foreach (var row in page)
                {
                    var customer = row.Identity.Customer;
                    asleep += unsaved.Contains(customer) || Count(row, isSaved, !isAlone || withTail.Contains(customer), tally) ? 0 : 1;
                }

                Interlocked.Add(ref _customers, tally.Customers - Volatile.Read(ref _countedBy[part]));
                Volatile.Write(ref _countedBy[part], tally.Customers);
                if (page.Count < Page)
                {
                    Volatile.Write(ref _doneBy[part], 1);
                    return;
                }

                after = walk.PositionOf(page[^1]);

                // Where most are live their states would be read for nothing.
                isSaved = walk.IsByPlaces || asleep > page.Count / 2;

                // Places are dense and hashes are spread evenly, so the position is the share that is done.
                Volatile.Write(ref _doneBy[part], (double)(after - begin) / (double)width);
            }
        }
        catch
        {
            // The others need not go on.
            _cancelled = true;
            throw;
        }
    }

    /// <param name="isSaved">Whether the row holds what is saved.</param>
    /// <returns>Whether the customer was live.</returns>
    private bool Count(SavedCustomerRow row, bool isSaved, bool hasTail, ReachTally tally)
    {
        var (catalog, identity) = (environment.Catalog, row.Identity);
        if (identity.IdHash != 0 && TryCountLive(identity.IdHash, tally))
        {
            return true;
        }

        var saved = isSaved ? row : new SavedCustomerRow(identity, log.Reader.LoadSnapshot(identity.Customer));
        var state = _loader.Read(saved, catalog, hasTail);
        if (state.FirstId is not { } firstId)
        {
            // Erased since the page was read.
            return false;
        }

        var home = identity.IdHash == 0 || state.HasAliases ? environment.Hashes.Identity.Hash128(firstId) : identity.IdHash;
        if (identity.IdHash == 0 && TryCountLive(home, tally))
        {
            return true;
        }

        if (identity.IdHash == 0 || identity.IdHash == home)
        {
            Count(state, tally);
        }

        return false;
    }

    /// <summary>A live customer is found by the id it lives under, and so counted once.</summary>
    private bool TryCountLive(UInt128 idHash, ReachTally tally)
    {
        if (directory.Find(idHash) is not { } cell)
        {
            return false;
        }

        lock (cell)
        {
            if (cell.State is not { } live || cell.IsVoid || live.DefinitionsHash != environment.Catalog.DefinitionsHash)
            {
                return false;
            }

            if (live.FirstId is not null)
            {
                Count(live, tally);
            }

            return true;
        }
    }

    private void Count(CustomerState state, ReachTally tally) => tally.Count(state, Math.Max(time.NowMicros(), state.LastSeenMicros));

    private OfferReachView[] Offers(ReachTally tally) =>
    [
        .. tally.ToList(time.NowMicros()).Select(reach => new OfferReachView(
            reach.Offer.Id,
            reach.Offer.Campaign.Id,
            reach.Eligible,
            reach.Reach,
            reach.Blocked == RemovalReason.None ? null : reach.Blocked,
            reach.DependsOnContext,
            [.. reach.Removals.Select(removal => new ReachRemovalView(removal.Reason, removal.Detail, removal.Customers))])),
    ];

    private void End(string status, OfferReachView[] offers, string? failure = null) =>
        _ending = new Ending(status, time.NowMicros(), offers, failure);

    private sealed record Ending(string Status, long AtMicros, OfferReachView[] Offers, string? Failure);
}
