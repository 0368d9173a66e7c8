using PmOrleans.Decisioning.Attribution;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;

namespace PmOrleans.Node.Customers;

/// <content>Further outside ids of a customer.</content>
public sealed partial class CustomerCommands
{
    /// <summary>Outside ids of one customer, the first among them.</summary>
    public const int MostIds = 100;

    /// <summary>
    /// Lets another outside id point to the customer, as a record of its own. Under the cell's lock, the cell ready and the customer known. That the id points to
    /// nobody else is asked before, and held by the log: a clash fails the record.
    /// </summary>
    /// <returns>Nothing pending: the customer has this id already.</returns>
    public CommandResult<bool> AddAlias(CustomerCell cell, string alias, DecisionEnvironment environment)
    {
        var state = cell.State!;
        if (state.HasId(alias))
        {
            return new CommandResult<bool>(true, null, false);
        }

        var scratch = CommandScratch.Current;
        scratch.Begin();
        var sequence = state.Sequence + 1;
        WindowExpiry.Advance(state, Now(state), sequence, environment, scratch.Workspace, scratch.Facts);
        var identity = new IdentityFact(alias);
        scratch.Facts.Add(identity);
        state.Apply(identity, sequence, environment.Catalog);
        return Queue(cell, state, scratch, true, isNew: false, default, hashes.Identity.Hash128(alias));
    }
}
