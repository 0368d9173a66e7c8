using PmOrleans.Decisioning.Form;
using PmOrleans.Node.Customers;
using PmOrleans.Node.Log;
using PmOrleans.Node.Port;

namespace PmOrleans.Node.Engine;

/// <content>Further outside ids of a customer.</content>
public sealed partial class NodeEngine
{
    public async ValueTask<Reply<CustomerIds>> AddAliasAsync(string customerId, string alias, CancellationToken cancellation = default)
    {
        if (Volatile.Read(ref _environment) is null)
        {
            return NoCatalog();
        }

        if (Labels.WrongId(alias) is { } wrong)
        {
            return RequestChecks.Mistakes(new Dictionary<string, string[]>(StringComparer.Ordinal) { ["alias"] = [wrong] });
        }

        var aliasHash = _hashes.Identity.Hash128(alias);

        // From now on it may be somebody's.
        _known?.IsNew(aliasHash);
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                var (result, ids, refusal) = await WithCellAsync(_hashes.Identity.Hash128(customerId), (cell, environment) =>
                    RefusalOf(customerId, alias, aliasHash, cell) is { } refused
                        ? (default, [], refused)
                        : (_commands.AddAlias(cell, alias, environment), cell.State!.Ids, (Refusal?)null));
                if (refusal is not null)
                {
                    return refusal;
                }

                if (result.Pending is null && !result.Refused)
                {
                    // Known already, maybe by what is on its way to the log still.
                    await _log.FlushAsync(cancellation);
                }

                var failure = result.Refused ? TakesNothing : result.Pending is null ? null : await result.Pending.Outcome;
                if (failure is null)
                {
                    await ForgetEverywhereAsync(aliasHash);
                    return new CustomerIds(customerId, ids);
                }

                if (failure.Kind == LogFailureKind.IdentityClash)
                {
                    return OtherCustomer(customerId, alias);
                }

                if (!MayTryAgain(failure, attempt))
                {
                    return Failure(failure);
                }
            }
        }
        catch (Exception unavailable) when (IsUnreadable(unavailable))
        {
            return Unreadable(unavailable);
        }
    }

    private Refusal? RefusalOf(string customerId, string alias, UInt128 aliasHash, CustomerCell cell)
    {
        if (cell.State is not { } state)
        {
            return NoCustomer(customerId);
        }

        if (state.HasId(alias))
        {
            return null;
        }

        if (_log.Reader.FindIdentity(aliasHash) is not null)
        {
            return OtherCustomer(customerId, alias);
        }

        if (_log.Reader.FindTombstone(aliasHash) is not null)
        {
            return Conflict("alias", $"is '{alias}', which belonged to a customer who was erased; '{customerId}' cannot have it, for what was erased would be taken in again");
        }

        return state.Ids.Length >= CustomerCommands.MostIds
            ? new Refusal(
                RefusalKind.Invalid,
                "The customer has too many ids.",
                new Dictionary<string, string[]>(StringComparer.Ordinal) { ["alias"] = [$"is '{alias}'; '{customerId}' has {state.Ids.Length} ids, and at most {CustomerCommands.MostIds} are kept"] })
            : null;
    }

    /// <summary>An id's cell is looked up anew: it belongs to a customer who lives elsewhere now, or does not any more.</summary>
    private void Forget(UInt128 idHash)
    {
        if (_directory.Find(idHash) is { } cell)
        {
            lock (cell)
            {
                if (cell is { State: null, Pending: 0 })
                {
                    cell.Reset();
                }
            }
        }
    }

    private static Refusal OtherCustomer(string customerId, string alias) =>
        Conflict("alias", $"is '{alias}', which is the id of another customer than '{customerId}'; two customers are not made one");

    private static Refusal Conflict(string field, string message) =>
        new(RefusalKind.Conflict, "The id cannot be given.", new Dictionary<string, string[]>(StringComparer.Ordinal) { [field] = [message] });
}
