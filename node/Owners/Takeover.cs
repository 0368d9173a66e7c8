using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Customers;
using PmOrleans.Node.Engine;
using PmOrleans.Node.Log;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Owners;

/// <summary>
/// What is done with the log of a node that is gone, after it was sealed: it is folded to its end, and what its epochs have left on their leases is freed. Safe on
/// several nodes at once: owners fold each record once, and give the right to free an epoch's leases to one node at a time. One caller at a time.
/// </summary>
public sealed class Takeover(NodeEngine engine, ClusterAccounts accounts, PostgresStore store, IOwners owners)
{
    /// <summary>Exchanges without progress before it is left for the next time.</summary>
    private const int MostIdle = 5;

    /// <summary>What is still to be written of each epoch that this node frees.</summary>
    private readonly Dictionary<long, Queue<LeaseLeft>> _freeing = [];

    /// <summary>Brings the rest of a log to all owners.</summary>
    /// <param name="end">Last sequence, final.</param>
    /// <returns>Whether all of them have it now.</returns>
    /// <exception cref="NodeUnavailableException">An owner cannot be reached.</exception>
    /// <exception cref="NodeLogException">The log cannot be read.</exception>
    public async Task<bool> FoldAsync(string node, long end)
    {
        var rows = store.ReaderOf(node);
        foreach (var owner in Enum.GetValues<OwnerName>())
        {
            var feed = new RangeFeed(node, 0, rows, from => RangeDelta.After(owner, from, accounts.OptionsOf), report => SendAsync(owner, report));
            for (var idle = 0; feed.Acked < end;)
            {
                var before = feed.Acked;
                await feed.StepAsync(end);
                idle = feed.Acked > before ? 0 : idle + 1;
                if (idle > MostIdle)
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>Frees what a sealed epoch has left, once in the cluster.</summary>
    /// <param name="writtenOff">It acknowledged before the store had it: what it held counts as spent.</param>
    /// <returns>What was freed, in micros over all accounts; <c>null</c>: not yet, or by another node.</returns>
    /// <exception cref="NodeUnavailableException">The owner cannot be reached, or this node's log takes nothing in: to be called again.</exception>
    public async Task<long?> FreeAsync(long epoch, bool writtenOff)
    {
        // Asked once: until the facts are folded, the owner would name the same money again.
        if (!_freeing.TryGetValue(epoch, out var left))
        {
            if (await owners.ClaimAsync(epoch, engine.Epoch) is not { } claimed)
            {
                return null;
            }

            _freeing.Add(epoch, left = new Queue<LeaseLeft>(claimed));
        }

        long freed = 0;
        while (left.TryPeek(out var lease))
        {
            await engine.Log.AppendNodeFactAsync(new LeaseReturnedFact(lease.Campaign, lease.Day, epoch, lease.Micros, writtenOff), engine.Time.NowMicros());
            left.Dequeue();
            freed += lease.Micros;
        }

        return freed;
    }

    private ValueTask<RangeAnswer> SendAsync(OwnerName owner, RangeReport report)
    {
        var (version, meanings) = engine.Meanings;
        return owners.ReportAsync(owner, report with { CatalogVersion = version, Meanings = owner == OwnerName.Models ? meanings : [] });
    }
}
