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

    /// <summary>What part of the work the live ones are, where they come first.</summary>
    private const double LiveShare = 0.75;

    private readonly CustomerLoader _loader = new(log, new DirtyCustomers(), new NodeHashes(log.Secret.Span));
    private readonly long _startedAt = time.NowMicros();
    private readonly double[] _doneBy = new double[Workers];
    private readonly long[] _countedBy = new long[Workers];
    private readonly Lock _tailGate = new();
    private HashSet<CustomerKey>? _withTail;
    private long _customers;
    private volatile bool _cancelled;
    private volatile Ending? _ending;

    public string Id => id;

    /// <summary>
    /// Who has records of this node beyond the saved state, or comes to have some, is among these or live. Asked for before the first state is read: who is saved
    /// later is looked at twice, who was saved before would be looked at too little.
    /// </summary>
    private HashSet<CustomerKey> WithTail
    {
        get
        {
            lock (_tailGate)
            {
                return _withTail ??= [.. log.Reader.CustomersWithTail(log.Reader.TailStart() - 1)];
            }
        }
    }

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
        ReachTally[] tallies = [];
        try
        {
            tallies = [.. Enumerable.Range(0, Workers).Select(_ => new ReachTally(environment, context))];
            if (isAlone && log.Reader is IPlacedStates placed && placed.LastPlace() is var lastPlace && lastPlace > 2L * directory.Count)
            {
                CountByPlaces(placed, lastPlace, tallies);
            }
            else
            {
                CountLiveFirst(tallies);
            }

            foreach (var other in tallies.Skip(1))
            {
                tallies[0].Add(other);
            }

            End(_cancelled ? "cancelled" : "done", _cancelled ? [] : Offers(tallies[0]));
        }
        catch (Exception broken)
        {
            // Nobody awaits this thread: what it throws would end the process.
            End("failed", [], (broken as AggregateException)?.InnerException?.Message ?? broken.Message);
        }
        finally
        {
            foreach (var tally in tallies)
            {
                tally.Dispose();
            }
        }
    }

    /// <summary>
    /// Most are asleep: by the places of their states, and before them whom no state is saved of; whoever of these is saved meanwhile is not counted again, and
    /// whoever comes later lies behind the last place.
    /// </summary>
    private void CountByPlaces(IPlacedStates placed, long lastPlace, ReachTally[] tallies)
    {
        var unsaved = WithTail.Where(customer => log.Reader.LoadSnapshot(customer) is null).ToHashSet();
        foreach (var customer in unsaved)
        {
            // Of several ids the one the customer lives under is counted.
            foreach (var identity in _cancelled ? [] : log.Reader.IdentitiesOf(customer))
            {
                Count(new SavedCustomerRow(identity, null), isSaved: true, tallies[0]);
            }
        }

        Report(0, 0, tallies[0]);
        var walk = new CustomerWalk(log.Reader, placed, lastPlace);
        InParts(part =>
        {
            var (after, last) = walk.PartOf(part, Workers);
            for (var (begin, page) = (after, (IReadOnlyList<SavedCustomerRow>)[]); !_cancelled; after = walk.PositionOf(page[^1]))
            {
                page = walk.Read(after, last, Page);
                foreach (var row in page)
                {
                    if (!unsaved.Contains(row.Identity.Customer))
                    {
                        Count(row, isSaved: true, tallies[part]);
                    }
                }

                // Places are dense.
                Report(part, page.Count < Page ? 1 : Share(begin, walk.PositionOf(page[^1]), last), tallies[part]);
                if (page.Count < Page)
                {
                    return;
                }
            }
        });
    }

    /// <summary>
    /// Most are live: they are counted as they lie in memory, and then whoever is left by the hashes of ids, which reads neither states nor keys of those who
    /// were counted. Whoever is taken out of memory in between was counted, and is known by the hash.
    /// </summary>
    private void CountLiveFirst(ReachTally[] tallies)
    {
        var cells = directory.InOrder();
        var counted = new List<UInt128>[Workers];
        InParts(part =>
        {
            var (first, end) = ((int)((long)cells.Length * part / Workers), (int)((long)cells.Length * (part + 1) / Workers));
            counted[part] = new List<UInt128>(end - first);
            for (var next = first; next < end && !_cancelled; next++)
            {
                if (TryCountLive(cells[next], tallies[part], isDurable: true))
                {
                    counted[part].Add(cells[next].IdHash);
                }

                if ((next - first) % Page == 0)
                {
                    Report(part, LiveShare * (next - first) / (end - first), tallies[part]);
                }
            }

            Report(part, LiveShare, tallies[part]);
        });
        UInt128[] done = [.. counted.SelectMany(static hashes => hashes)];
        Array.Sort(done);
        InParts(part => CountOthers(part, done, tallies[part]));
    }

    /// <summary>One part of the hashes, whoever is not among the counted.</summary>
    private void CountOthers(int part, UInt128[] counted, ReachTally tally)
    {
        var (after, last) = CustomerWalk.PartOf(0, part, Workers);
        var begin = after;
        for (var isSaved = false; !_cancelled;)
        {
            var (others, reached) = isSaved ? ReadSaved(after, last, counted) : ReadIds(after, last, counted);
            foreach (var row in others)
            {
                Count(row, isSaved, tally);
            }

            // Hashes are spread evenly, so the position is the share that is done.
            Report(part, reached is null ? 1 : LiveShare + ((1 - LiveShare) * Share(begin, reached.Value, last)), tally);
            if (reached is null)
            {
                return;
            }

            // Where few are asleep, the states of the others would be read for nothing.
            (after, isSaved) = (reached.Value, others.Count > Page / 2);
        }
    }

    /// <returns>Whoever is not counted yet, without what is saved, and how far the page goes; <c>null</c> at the end.</returns>
    private (List<SavedCustomerRow> Others, UInt128? Reached) ReadIds(UInt128 after, UInt128 last, UInt128[] counted)
    {
        var others = new List<SavedCustomerRow>();
        var page = log.Reader.ReadIdHashes(after, Page);
        foreach (var idHash in page)
        {
            // An erased id has no identity.
            if (idHash <= last && Array.BinarySearch(counted, idHash) < 0 && log.Reader.FindIdentity(idHash) is { } identity)
            {
                others.Add(new SavedCustomerRow(identity, null));
            }
        }

        return (others, page.Count < Page || page[^1] >= last ? null : page[^1]);
    }

    /// <returns>The same with what is saved.</returns>
    private (List<SavedCustomerRow> Others, UInt128? Reached) ReadSaved(UInt128 after, UInt128 last, UInt128[] counted)
    {
        if (isAlone)
        {
            // Before the states.
            _ = WithTail;
        }

        var page = new CustomerWalk(log.Reader, null, 0).Read(after, last, Page);
        var others = page.Where(row => Array.BinarySearch(counted, row.Identity.IdHash) < 0).ToList();
        return (others, page.Count < Page ? null : page[^1].Identity.IdHash);
    }

    private void InParts(Action<int> count)
    {
        var others = Enumerable.Range(1, Workers - 1)
            .Select(part => Task.Factory.StartNew(() => Guarded(part), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))
            .ToArray();
        try
        {
            Guarded(0);
        }
        finally
        {
            Task.WaitAll(others);
        }

        void Guarded(int part)
        {
            try
            {
                count(part);
            }
            catch
            {
                // The others need not go on.
                _cancelled = true;
                throw;
            }
        }
    }

    private void Report(int part, double done, ReachTally tally)
    {
        Interlocked.Add(ref _customers, tally.Customers - _countedBy[part]);
        _countedBy[part] = tally.Customers;
        Volatile.Write(ref _doneBy[part], done);
    }

    private static double Share(UInt128 begin, UInt128 reached, UInt128 last) => (double)(reached - begin) / (double)(last - begin);

    /// <param name="isSaved">Whether the row holds what is saved.</param>
    private void Count(SavedCustomerRow row, bool isSaved, ReachTally tally)
    {
        var (catalog, identity) = (environment.Catalog, row.Identity);
        if (identity.IdHash != 0 && TryCountLive(identity.IdHash, tally))
        {
            return;
        }

        var hasTail = !isAlone || WithTail.Contains(identity.Customer);
        var saved = isSaved ? row : new SavedCustomerRow(identity, log.Reader.LoadSnapshot(identity.Customer));
        var state = _loader.Read(saved, catalog, hasTail);
        if (state.FirstId is not { } firstId)
        {
            // Erased since the page was read.
            return;
        }

        var home = identity.IdHash == 0 || state.HasAliases ? environment.Hashes.Identity.Hash128(firstId) : identity.IdHash;
        if (identity.IdHash == 0 && TryCountLive(home, tally))
        {
            return;
        }

        if (identity.IdHash == 0 || identity.IdHash == home)
        {
            Count(state, tally);
        }
    }

    /// <summary>A live customer is found by the id it lives under, and so counted once.</summary>
    private bool TryCountLive(UInt128 idHash, ReachTally tally) =>
        directory.Find(idHash) is { } cell && TryCountLive(cell, tally, isDurable: false);

    /// <param name="isDurable">Only if all of the customer is in the log: whoever is not in the store yet may never come.</param>
    private bool TryCountLive(CustomerCell cell, ReachTally tally, bool isDurable)
    {
        lock (cell)
        {
            if (cell.State is not { } live || cell.IsVoid || live.DefinitionsHash != environment.Catalog.DefinitionsHash || (isDurable && cell.Pending > 0))
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
