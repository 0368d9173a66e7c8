using PmOrleans.Node.Log;

namespace PmOrleans.Node.Engine;

/// <content>What a host of several nodes needs besides: keys, letting customers go, following what other nodes publish.</content>
public sealed partial class NodeEngine
{
    /// <summary>Epoch this node writes under.</summary>
    public long Epoch => _log.Epoch;

    public LogHealth Health => _log.Health;

    /// <summary>Keyed hash of an outside id; the same on every node of a store.</summary>
    public UInt128 KeyOf(string customerId) => _hashes.Identity.Hash128(customerId);

    /// <summary>
    /// Lets a customer go that another node may take up: finishes what is queued and forgets the state. What no snapshot holds yet is saved behind, and an
    /// older snapshot never replaces a newer one.
    /// </summary>
    public async ValueTask ReleaseAsync(UInt128 idHash)
    {
        while (_directory.Find(idHash) is { } cell)
        {
            if (_directory.TryRemove(cell))
            {
                return;
            }

            await _log.FlushAsync();
        }
    }

    /// <summary>Customers of nodes that are gone are woken from here as well: those whose snapshot such a node saved last, and those without one.</summary>
    /// <param name="readers">One for each of these nodes; replaces the ones before.</param>
    public void WakeFor(IReadOnlyList<ILogReader> readers) => _due.Adopt(readers);

    /// <summary>Takes up what other nodes have published, paused or switched out of stock since.</summary>
    /// <returns>Whether there was a new version.</returns>
    /// <exception cref="NodeLogException">The store cannot be read now.</exception>
    /// <exception cref="InvalidOperationException">The stored version does not compile with this program.</exception>
    public async Task<bool> FollowAsync(CancellationToken cancellation = default)
    {
        LoadPauses();
        LoadStock();
        if (_log.Reader.LatestCatalogVersion() <= CatalogVersion)
        {
            return false;
        }

        await _publishing.WaitAsync(cancellation);
        try
        {
            var before = _catalogs.Live;
            _catalogs.Load();
            if (_catalogs.Live is not { } live || live.Version == before?.Version)
            {
                return false;
            }

            await GoLiveAsync(live);
            if (before is not null && MeaningChanged(before, live))
            {
                _accounts.Refold();
            }

            return true;
        }
        finally
        {
            _publishing.Release();
        }
    }
}
