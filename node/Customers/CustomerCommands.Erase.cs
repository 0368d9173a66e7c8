using PmOrleans.Decisioning.Attribution;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Segments;
using PmOrleans.Node.Log;

namespace PmOrleans.Node.Customers;

/// <content>Erasing.</content>
public sealed partial class CustomerCommands
{
    /// <summary>
    /// Closes what is open (so that money and trials still balance) and marks the end in the log; then, behind it, destroys the key and the
    /// personal parts. Under the cell's lock, the cell ready and known, nothing pending.
    /// </summary>
    /// <returns>Completes when everything is gone from the store.</returns>
    public Task<long> EraseAsync(CustomerCell cell, DecisionEnvironment environment)
    {
        var state = cell.State!;
        var now = Now(state);
        var scratch = CommandScratch.Current;
        scratch.Begin();
        var sequence = state.Sequence + 1;
        WindowExpiry.CloseAll(state, now, sequence, environment, scratch.Workspace, scratch.Facts);
        SegmentTracker.LeaveAll(state, now, sequence, environment.Catalog, scratch.Facts);
        var erasure = new ErasureFact(now);
        scratch.Facts.Add(erasure);
        state.Apply(erasure, sequence, environment.Catalog);

        var reader = log.Reader;
        var decisions = new List<UInt128>();
        for (long after = 0; ;)
        {
            var rows = reader.ReadCustomer(state.Key, after, 512);
            decisions.AddRange(rows.Where(row => row.DecisionHash != 0).Select(row => row.DecisionHash));
            if (rows.Count == 0)
            {
                break;
            }

            after = rows[^1].CustomerSequence;
        }

        var tombstones = Tombstones.Make(state, reader.IdentitiesOf(state.Key).Select(identity => identity.IdHash), decisions, now);
        var queued = Queue(cell, state, scratch, now, isNew: false, default);
        if (queued.Refused)
        {
            return Task.FromException<long>(new NodeUnavailableException("the log took nothing in"));
        }

        cell.IsErasing = true;
        return Finish(cell, state.Key, queued.Pending!, tombstones, now);
    }

    private async Task<long> Finish(
        CustomerCell cell, Decisioning.Identity.CustomerKey customer, PendingCommand pending, List<TombstoneRow> tombstones, long now)
    {
        try
        {
            // The end of the account first: an erasure beside a record that failed would leave money and trials open for ever.
            if (await pending.Outcome is { } failure)
            {
                throw new NodeUnavailableException(failure.Detail);
            }

            await log.WriteAsync(transaction => transaction.Erase(customer, tombstones));
        }
        finally
        {
            lock (cell)
            {
                cell.IsErasing = false;
                if (cell.DataKey is { } key)
                {
                    _ciphers.Forget(key);
                }

                cell.Reset();
            }
        }

        return now;
    }
}
