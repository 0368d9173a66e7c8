using PmOrleans.Node.Customers;
using PmOrleans.Node.Log;
using PmOrleans.Node.Port;

namespace PmOrleans.Node.Embedded;

/// <content>Reading and erasing customers, reading decisions.</content>
public sealed partial class EmbeddedNode
{
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
                var (view, pending) = await WithCellAsync(_hashes.Identity.Hash128(customerId), (cell, environment) =>
                    (cell.State is { } state ? CustomerViews.Of(customerId, state, environment, _commands.Now(state)) : null, cell.Pending > 0));
                if (!pending)
                {
                    return view is not null ? view : NoCustomer(customerId);
                }

                // Memory runs ahead of the log; an answer may not.
                await _log.FlushAsync(cancellation);
            }
        }
        catch (NodeUnavailableException unavailable)
        {
            return Failure(new LogFailure(LogFailureKind.Unavailable, unavailable.Message));
        }
    }

    public ValueTask<Reply<FactPage>> ReadFactsAsync(string customerId, long after, int limit, CancellationToken cancellation = default)
    {
        if (_log.Reader.FindIdentity(_hashes.Identity.Hash128(customerId)) is not { } identity)
        {
            return new(NoCustomer(customerId));
        }

        return new(new CustomerHistory(_log.Reader, _catalogs, _hashes).Read(customerId, identity, after, limit));
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
            while (true)
            {
                var (erasing, reply) = await WithCellAsync(idHash, (cell, environment) =>
                {
                    if (cell.State is null)
                    {
                        return (null, cell.Tombstone is { } tombstone
                            ? new Erased(customerId, tombstone.ErasedAtMicros)
                            : (Reply<Erased>)NoCustomer(customerId));
                    }

                    return cell.Pending > 0
                        ? ((Task<long>?)null, default(Reply<Erased>))
                        : (_commands.EraseAsync(cell, environment), default);
                });
                if (erasing is not null)
                {
                    return new Erased(customerId, await erasing);
                }

                if (reply.Value is not null || reply.IsRefused)
                {
                    return reply;
                }

                await _log.FlushAsync(cancellation);
            }
        }
        catch (NodeUnavailableException unavailable)
        {
            return Failure(new LogFailure(LogFailureKind.Unavailable, unavailable.Message));
        }
    }

    public ValueTask<Reply<DecisionView>> ReadDecisionAsync(string decisionId, CancellationToken cancellation = default)
    {
        var missing = new Refusal(RefusalKind.NotFound, $"there is no decision '{decisionId}'");
        if (_log.Reader.FindDecision(_hashes.Decision.Hash128(decisionId)) is not { } row
            || _log.Reader.IdentitiesOf(row.Customer) is not [{ } identity, ..]
            || FindDecision(row, identity.DataKey) is not { } fact)
        {
            return new(missing);
        }

        if (_catalogs.Version(fact.CatalogVersion) is not { } catalog)
        {
            return new(new Refusal(RefusalKind.Unavailable, $"catalog version {fact.CatalogVersion} of this decision cannot be read"));
        }

        return new(new CustomerHistory(_log.Reader, _catalogs, _hashes).ReadDecision(row, identity, fact, catalog));
    }

    private static Refusal NoCustomer(string customerId) => new(RefusalKind.NotFound, $"there is no customer '{customerId}'");
}
