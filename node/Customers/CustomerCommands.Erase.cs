using PmOrleans.Decisioning.Attribution;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Segments;

namespace PmOrleans.Node.Customers;

/// <content>Erasing.</content>
public sealed partial class CustomerCommands
{
    /// <summary>
    /// Closes what is open (so that money and trials still balance), marks the end in the log and destroys the key and the personal parts, all in one transaction: nobody
    /// finds one without the other, and writes on. Under the cell's lock, the cell ready and known, nothing pending.
    /// </summary>
    /// <param name="ids">Of the customer, by keyed hash.</param>
    /// <returns>Completes when everything is gone from the store.</returns>
    public Task<long> EraseAsync(CustomerCell cell, DecisionEnvironment environment, out IReadOnlyList<UInt128> ids)
    {
        var state = cell.State!;

        // Before anything is folded: where the store cannot be read now, the customer stays as it was, and the next attempt begins anew.
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

        ids = reader.IdentitiesOf(state.Key).Select(identity => identity.IdHash).ToList();

        // What was erased before stays so, also where the clock has gone back since.
        var now = Math.Max(Now(state), cell.Tombstone?.ErasedAtMicros ?? 0);
        var scratch = CommandScratch.Current;
        scratch.Begin();
        var sequence = state.Sequence + 1;
        WindowExpiry.CloseAll(state, now, sequence, environment, scratch.Workspace, scratch.Facts);
        SegmentTracker.LeaveAll(state, now, sequence, environment.Catalog, scratch.Facts);
        var erasure = new ErasureFact(now);
        scratch.Facts.Add(erasure);
        state.Apply(erasure, sequence, environment.Catalog);

        var tombstones = Tombstones.Make(state, ids, decisions, now);
        var customer = state.Key;
        var pending = Encode(cell, state, scratch, isNew: false, default, default);
        var queued = Settle(cell, scratch, now, pending, log.TryAppend(pending, transaction => transaction.Erase(customer, tombstones), out var erased));
        if (queued.Refused)
        {
            return Task.FromException<long>(erased.Exception!.InnerException!);
        }

        cell.IsErasing = true;
        return Finish(cell, erased, now);
    }

    private async Task<long> Finish(CustomerCell cell, Task erased, long now)
    {
        try
        {
            await erased;
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
