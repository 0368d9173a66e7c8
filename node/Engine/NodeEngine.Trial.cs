using PmOrleans.Decisioning.Budgets;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Profiles;
using PmOrleans.Node.Customers;
using PmOrleans.Node.Port;
using PmOrleans.Node.Publishing;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Engine;

/// <content>Trying a catalog before it is live: on one customer, on all.</content>
public sealed partial class NodeEngine
{
    /// <summary>Enough to meet most kinds of policies and rules.</summary>
    private const int WarmPlacements = 8;

    public async ValueTask<Reply<PreviewView>> PreviewAsync(PreviewRequest request, CancellationToken cancellation = default)
    {
        try
        {
            var found = _trials.Find(request.Catalog);
            if (found is not { Value: { } trial })
            {
                return found.Refusal!;
            }

            if (trial.Snapshot is not { } catalog)
            {
                return new PreviewView(null, trial.Problems);
            }

            var decision = request.Request with { Explain = true, DryRun = true };
            if ((RequestChecks.Check(decision, catalog, _time.NowMicros()) ?? RequestChecks.CheckDescription(decision, catalog)) is { } refusal)
            {
                return refusal;
            }

            var cell = request.Described ? Nobody(decision.CustomerId) : await CopyAsync(decision.CustomerId, catalog);
            var decisionId = decision.DecisionId ?? Guid.CreateVersion7().ToString("N");
            Placement[] placements = [.. decision.Placements.Select(asked => catalog.PlacementById[asked.Id])];
            var answer = _commands.DryRun(
                cell, decision, placements, decisionId, _hashes.Decision.Hash128(decisionId),
                TrialEnvironment(catalog, TrialLeases.Of(catalog, _leases, _accounts, _time.NowMicros())));
            return new PreviewView(answer, trial.Problems);
        }
        catch (Exception unavailable) when (IsUnreadable(unavailable))
        {
            return Unreadable(unavailable);
        }
    }

    public ValueTask<Reply<ReachView>> StartReachAsync(
        CatalogChoice catalog, IReadOnlyList<Property> context, CancellationToken cancellation = default) => new(Reading<ReachView>(() =>
    {
        var found = _trials.Find(catalog);
        if (found is not { Value: { } trial })
        {
            return found.Refusal!;
        }

        return trial.Snapshot is { } snapshot
            ? _reach.Start(TrialEnvironment(snapshot, _leases), context, snapshot.DefinitionsHash != (_catalogs.Live ?? snapshot).DefinitionsHash, trial.Problems)
            : new ReachView("", "invalid", 0, 0, false, _time.NowMicros(), null, null, [], trial.Problems);
    }));

    public ValueTask<Reply<ReachView>> ReadReachAsync(string id, CancellationToken cancellation = default) => new(_reach.Read(id));

    public ValueTask<Reply<ReachView>> CancelReachAsync(string id, CancellationToken cancellation = default) => new(_reach.Cancel(id));

    /// <summary>
    /// Decides once for somebody nobody knows, at a few placements, and leaves no trace: who previews or decides first after a start waits less for the
    /// just-in-time compiler.
    /// </summary>
    private void WarmUp(CatalogSnapshot catalog)
    {
        var placements = catalog.Placements.Take(WarmPlacements).ToArray();
        var request = new DecisionRequest
        {
            CustomerId = "nobody",
            Placements = [.. placements.Select(placement => new PlacementRequest(placement.Id, 1, []))],
            Explain = true,
            DryRun = true,
        };
        var nobody = Nobody(request.CustomerId);
        nobody.State = new CustomerState(default);
        nobody.State.BeginDefinitions(catalog);
        try
        {
            _commands.DryRun(
                nobody, request, placements, decisionId: "", decisionHash: 0, TrialEnvironment(catalog, TrialLeases.Of(catalog, _leases, _accounts, _time.NowMicros())));
        }
        catch (Exception)
        {
            // Nobody asked: a decision that cannot be made tells whoever asks for it, and must not keep the others from theirs.
        }
    }

    /// <summary>All that the live one has, but for the catalog and the money.</summary>
    private DecisionEnvironment TrialEnvironment(CatalogSnapshot catalog, LeaseBook leases) => Volatile.Read(ref _environment) is { } live
        ? live with { Catalog = catalog, Leases = leases, Rfm = _rfm.For(catalog) }
        : new DecisionEnvironment(catalog, _accounts.Replica, leases, _hashes) { OutOfStock = _stock.Off, Rfm = _rfm.For(catalog) };

    private CustomerCell Nobody(string customerId) => new(_hashes.Identity.Hash128(customerId), new DirtyCustomers()) { IsLoaded = true };

    /// <summary>A cell of its own with a copy of the customer, folded as the catalog wants it; what is on its way to the log is waited for.</summary>
    private async ValueTask<CustomerCell> CopyAsync(string customerId, CatalogSnapshot catalog)
    {
        var idHash = _hashes.Identity.Hash128(customerId);
        if (Volatile.Read(ref _environment) is null)
        {
            return Nobody(customerId);
        }

        for (var attempt = 1; ; attempt++)
        {
            var (copy, dataKey, tombstone, pending) = await WithCellAsync(idHash, (cell, _) =>
                (cell.State?.Clone(), cell.DataKey, cell.Tombstone, cell.Pending > 0));
            if (pending && attempt < MostAttempts)
            {
                // Memory runs ahead of the log; what is shown may not.
                await _log.FlushAsync();
                continue;
            }

            var state = copy is not null && copy.DefinitionsHash != catalog.DefinitionsHash ? _loader.Refold(copy.Key, dataKey!, catalog) : copy;
            return new CustomerCell(idHash, new DirtyCustomers()) { State = state, DataKey = dataKey, Tombstone = tombstone, IsLoaded = true };
        }
    }
}
