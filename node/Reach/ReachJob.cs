using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Reach;
using PmOrleans.Node.Customers;
using PmOrleans.Node.Log;
using PmOrleans.Node.Port;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Reach;

/// <summary>
/// One count over every customer of the store, on a thread of its own. Live customers are read under their own lock, a few microseconds each; saved
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
    TimeProvider time)
{
    private const int Page = 1024;

    private readonly CustomerLoader _loader = new(log, new DirtyCustomers());
    private readonly long _startedAt = time.NowMicros();
    private long _customers;
    private double _percent;
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
            ending is { Status: "done" } ? 100 : Math.Round(Volatile.Read(ref _percent), 1),
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
            using var tally = new ReachTally(environment, context);
            UInt128 at = 0;
            while (!_cancelled)
            {
                var page = log.Reader.ReadIdentities(at, Page);
                foreach (var identity in page)
                {
                    Count(identity, tally);
                }

                Interlocked.Exchange(ref _customers, tally.Customers);
                if (page.Count < Page)
                {
                    End("done", Offers(tally));
                    return;
                }

                // Hashes are spread evenly, so the place in their order is the share that is done.
                at = page[^1].IdHash;
                Volatile.Write(ref _percent, (double)at / (double)UInt128.MaxValue * 100);
            }

            End("cancelled", []);
        }
        catch (Exception broken)
        {
            // Nobody awaits this thread: what it throws would end the process.
            End("failed", [], broken.Message);
        }
    }

    private void Count(IdentityRow identity, ReachTally tally)
    {
        var catalog = environment.Catalog;
        if (directory.Find(identity.IdHash) is { } cell)
        {
            lock (cell)
            {
                if (cell.State is { } live && !cell.IsVoid && live.DefinitionsHash == catalog.DefinitionsHash)
                {
                    if (IsFirst(identity, live.Ids.Length))
                    {
                        tally.Count(live, Math.Max(time.NowMicros(), live.LastSeenMicros));
                    }

                    return;
                }
            }
        }

        // Without an id it was erased since the page was read.
        var saved = _loader.Load(identity, catalog, out _);
        if (saved.Ids.Length > 0 && IsFirst(identity, saved.Ids.Length))
        {
            tally.Count(saved, Math.Max(time.NowMicros(), saved.LastSeenMicros));
        }
    }

    /// <summary>Of a customer with several ids only the lowest counts.</summary>
    private bool IsFirst(IdentityRow identity, int ids) =>
        ids <= 1 || log.Reader.IdentitiesOf(identity.Customer).Min(row => row.IdHash) == identity.IdHash;

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
