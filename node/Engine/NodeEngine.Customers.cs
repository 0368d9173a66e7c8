using PmOrleans.Node.Customers;
using PmOrleans.Node.Port;

namespace PmOrleans.Node.Engine;

/// <content>Reading and erasing customers, reading decisions.</content>
public sealed partial class NodeEngine
{
    /// <summary>Most facts in one page.</summary>
    public const int MostFacts = 1_000;

    public async ValueTask<Reply<CustomerView>> ReadCustomerAsync(string customerId, CancellationToken cancellation = default)
    {
        if (Volatile.Read(ref _environment) is null)
        {
            return NoCatalog();
        }

        try
        {
            while (true)
            {
                var (cell, view, resets, pending) = await WithCellAsync(_hashes.Identity.Hash128(customerId), (cell, environment) => (
                    cell,
                    cell.State is { } state ? CustomerViews.Of(customerId, state, environment, _commands.Now(state), CountsSince) : null,
                    cell.Resets,
                    cell.Pending > 0));
                if (pending)
                {
                    // Memory runs ahead of the log; an answer may not.
                    await _log.FlushAsync(cancellation);
                }

                lock (cell)
                {
                    // All that the view was made of is in the log now, unless a record of it failed.
                    if (!cell.IsVoid && cell.Resets == resets)
                    {
                        return view is not null ? view : NoCustomer(customerId);
                    }
                }
            }
        }
        catch (Exception unavailable) when (IsUnreadable(unavailable))
        {
            return Unreadable(unavailable);
        }
    }

    public ValueTask<Reply<FactPage>> ReadFactsAsync(string customerId, long after, int limit, CancellationToken cancellation = default)
    {
        try
        {
            return _log.Reader.FindIdentity(_hashes.Identity.Hash128(customerId)) is { } identity
                ? new(new CustomerHistory(_log.Reader, _catalogs).Read(customerId, identity, after, Math.Clamp(limit, 1, MostFacts)))
                : new(NoCustomer(customerId));
        }
        catch (Exception unreadable) when (IsUnreadable(unreadable))
        {
            return new(Unreadable(unreadable));
        }
    }

    public async ValueTask<Reply<Erased>> EraseAsync(string customerId, CancellationToken cancellation = default)
    {
        if (Volatile.Read(ref _environment) is null)
        {
            return NoCatalog();
        }

        var idHash = _hashes.Identity.Hash128(customerId);
        try
        {
            // Asked first: what is queued no more when the customer is looked at has arrived by then.
            for (var isQueued = _host.Queue is { } queue && await queue.HasAsync(idHash); ;)
            {
                var (cell, erasing, reply) = await WithCellAsync(idHash, (cell, environment) =>
                {
                    if (cell.State is not null && cell.Pending > 0)
                    {
                        // Holds back whatever else comes for this customer, so that a busy one can be erased as well.
                        cell.IsErasing = true;
                        return (cell, null, default);
                    }

                    var (begun, answer) = BeginErasure(customerId, cell, environment);
                    return (cell, begun, answer);
                });
                if (erasing is null && reply is { Value: null, IsRefused: false })
                {
                    await _log.FlushAsync(CancellationToken.None);
                    lock (cell)
                    {
                        cell.IsErasing = false;
                        var environment = Volatile.Read(ref _environment)!;
                        if (_commands.Prepare(cell, environment) == CellReadiness.Ready)
                        {
                            (erasing, reply) = BeginErasure(customerId, cell, environment);
                        }
                    }
                }

                if (erasing is not null)
                {
                    return new Erased(customerId, await erasing);
                }

                if (reply.Value is not null || reply.IsRefused)
                {
                    if (isQueued)
                    {
                        // Once: what comes after an erasure is a new customer's.
                        await EraseQueuedAsync(idHash);
                        isQueued = false;
                        continue;
                    }

                    return reply;
                }
            }
        }
        catch (Exception damaged) when (IsDamage(damaged))
        {
            return await EraseRestAsync(customerId, _directory.Get(idHash), damaged);
        }
        catch (Exception unavailable) when (IsOutage(unavailable))
        {
            return new Refusal(RefusalKind.Unavailable, $"the erasure is not complete, repeat it: {unavailable.Message}", RetryAfter: TimeSpan.FromSeconds(1));
        }
    }

    /// <summary>Somebody's right to be erased does not hang on what can be read of them.</summary>
    private async Task<Reply<Erased>> EraseRestAsync(string customerId, CustomerCell cell, Exception damage)
    {
        try
        {
            Task<long>? erasing;
            Reply<Erased> reply;
            lock (cell)
            {
                if (cell.Pending > 0 || cell.IsErasing)
                {
                    return Unreadable(damage);
                }

                var environment = Volatile.Read(ref _environment)!;
                _commands.LoadRest(cell, environment);
                (erasing, reply) = BeginErasure(customerId, cell, environment);
            }

            return erasing is null ? reply : new Erased(customerId, await erasing);
        }
        catch (Exception failure)
        {
            lock (cell)
            {
                // What was loaded is nothing to decide by.
                cell.Void();
            }

            if (IsUnreadable(failure))
            {
                return Unreadable(failure);
            }

            throw;
        }
    }

    /// <summary>Under the cell's lock, the cell ready; neither value: something is pending still.</summary>
    private (Task<long>? Erasing, Reply<Erased> Reply) BeginErasure(string customerId, CustomerCell cell, Decisioning.Decisions.DecisionEnvironment environment)
    {
        if (cell.State is null)
        {
            return (null, cell.Tombstone is { } tombstone ? new Erased(customerId, tombstone.ErasedAtMicros) : NoCustomer(customerId));
        }

        return cell.Pending > 0 ? (null, default) : (EraseAndForgetAsync(cell, environment), default);
    }

    private async Task<long> EraseAndForgetAsync(CustomerCell cell, Decisioning.Decisions.DecisionEnvironment environment)
    {
        var erasing = _commands.EraseAsync(cell, environment, out var ids);
        var at = await erasing;
        foreach (var id in ids)
        {
            await ForgetEverywhereAsync(id);
        }

        return at;
    }

    public ValueTask<Reply<DecisionView>> ReadDecisionAsync(string decisionId, CancellationToken cancellation = default)
    {
        try
        {
            return new(ReadDecision(decisionId));
        }
        catch (Exception unreadable) when (IsUnreadable(unreadable))
        {
            return new(Unreadable(unreadable));
        }
    }

    private Reply<DecisionView> ReadDecision(string decisionId)
    {
        if (_log.Reader.FindDecision(_hashes.Decision.Hash128(decisionId)) is not { } row
            || _log.Reader.IdentitiesOf(row.Customer) is not [{ } identity, ..]
            || FindDecision(row, identity.DataKey) is not { } fact)
        {
            return NoDecision(decisionId);
        }

        if (_catalogs.Version(fact.CatalogVersion) is not { } catalog)
        {
            return new Refusal(RefusalKind.Unavailable, $"catalog version {fact.CatalogVersion} of this decision cannot be read");
        }

        return new CustomerHistory(_log.Reader, _catalogs).ReadDecision(row, identity, fact, catalog) is { } view ? view : NoDecision(decisionId);
    }

    private Refusal NoDecision(string decisionId) => new(RefusalKind.NotFound, $"there is no decision '{decisionId}'{BeforeCut()}");

    private static Refusal NoCustomer(string customerId) => new(RefusalKind.NotFound, $"there is no customer '{customerId}'");
}
