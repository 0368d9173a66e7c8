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
            var others = Enumerable.Range(1, Workers - 1).Select(part => Task.Factory.StartNew(
                () =>
                {
                    using var its = new ReachTally(environment, context);
                    CountPart(part, withTail, its);
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
                CountPart(0, withTail, first);
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

    /// <summary>One part of the hashes, each customer of it once.</summary>
    private void CountPart(int part, HashSet<CustomerKey> withTail, ReachTally tally)
    {
        try
        {
            var width = UInt128.MaxValue / Workers;
            var (after, end) = (width * (uint)part, part == Workers - 1 ? UInt128.MaxValue : width * (uint)(part + 1));
            var begin = after;
            var isSaved = false;
            while (!_cancelled)
            {
                var page = Read(after, isSaved);
                int counted = 0, asleep = 0;
                while (counted < page.Count && page[counted].Identity.IdHash <= end)
                {
                    asleep += Count(page[counted++], isSaved, withTail, tally) ? 0 : 1;
                }

                Interlocked.Add(ref _customers, tally.Customers - Volatile.Read(ref _countedBy[part]));
                Volatile.Write(ref _countedBy[part], tally.Customers);
                if (counted < Page)
                {
                    Volatile.Write(ref _doneBy[part], 1);
                    return;
                }

                after = page[^1].Identity.IdHash;
                isSaved = asleep > page.Count / 2;

                // Hashes are spread evenly, so the place in their order is the share that is done.
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

    /// <param name="withStates">Where most are asleep their states come with the page; where most are live these would be read for nothing.</param>
    private IReadOnlyList<SavedCustomerRow> Read(UInt128 after, bool withStates) => withStates
        ? log.Reader.ReadSaved(after, Page)
        : [.. log.Reader.ReadIdentities(after, Page).Select(identity => new SavedCustomerRow(identity, null))];

    /// <returns>Whether the customer was live.</returns>
    private bool Count(SavedCustomerRow row, bool isSaved, HashSet<CustomerKey> withTail, ReachTally tally)
    {
        var catalog = environment.Catalog;
        var identity = row.Identity;
        if (directory.Find(identity.IdHash) is { } cell)
        {
            lock (cell)
            {
                if (cell.State is { } live && !cell.IsVoid && live.DefinitionsHash == catalog.DefinitionsHash)
                {
                    Count(live, identity, tally);
                    return true;
                }
            }
        }

        var saved = isSaved ? row : new SavedCustomerRow(identity, log.Reader.LoadSnapshot(identity.Customer));
        Count(_loader.Read(saved, catalog, !isAlone || withTail.Contains(identity.Customer)), identity, tally);
        return false;
    }

    private void Count(CustomerState state, IdentityRow identity, ReachTally tally)
    {
        // Without an id it was erased since the page was read; of several ids the first counts, by which a live one is found.
        var ids = state.Ids;
        if (ids.Length == 1 || (ids.Length > 1 && environment.Hashes.Identity.Hash128(ids[0]) == identity.IdHash))
        {
            tally.Count(state, Math.Max(time.NowMicros(), state.LastSeenMicros));
        }
    }

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
