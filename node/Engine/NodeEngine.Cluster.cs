using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Learning;
using PmOrleans.Node.Log;
using PmOrleans.Node.Owners;
using PmOrleans.Node.Refolding;
using PmOrleans.Node.Segments;

namespace PmOrleans.Node.Engine;

/// <content>What a host of several nodes needs besides: keys, letting customers go, following what other nodes publish.</content>
public sealed partial class NodeEngine
{
    /// <summary>Longer than a connection that is lost takes to be made anew.</summary>
    private static readonly TimeSpan UnfollowedFor = TimeSpan.FromSeconds(2);

    private Unfollowed? _unfollowed;

    /// <summary>Epoch this node writes under.</summary>
    public long Epoch => _log.Epoch;

    public LogHealth Health => _log.Health;

    /// <summary>The live catalog; <c>null</c> before the first was published.</summary>
    public CatalogSnapshot? Catalog => Volatile.Read(ref _environment)?.Catalog;

    /// <summary>Keyed hash of an outside id; the same on every node of a store.</summary>
    public UInt128 KeyOf(string customerId) => _hashes.Identity.Hash128(customerId);

    internal TimeProvider Time => _time;

    /// <summary>How the models of the live catalog's policies are folded; <c>null</c> for a policy that it has not.</summary>
    internal BetaOptions? ModelOptions(int policy) => _catalogs.Live?.PolicyByNumber.GetValueOrDefault(policy)?.Model;

    /// <summary>Half-lives and windows of the live catalog, with its version.</summary>
    internal (int Version, byte[] Meanings) Meanings => _catalogs.Live is { } live ? (live.Version, ModelMeanings.Write(live)) : (0, []);

    /// <summary>What this node expects of paced campaigns.</summary>
    internal byte[] PaceForecasts => _pace.Forecasts;

    /// <summary>Completes when all that is committed here is folded into the figures that this node shows.</summary>
    public Task FoldedAsync(CancellationToken cancellation = default) => _accounts.WaitAsync(cancellation);

    /// <summary>Other nodes have nothing of these accounts: what is not needed here goes back.</summary>
    internal void GiveBack(IReadOnlyList<(int Campaign, int Day)> wanted)
    {
        if (wanted.Count > 0 && Volatile.Read(ref _environment) is not null)
        {
            _ = GiveBackAsync(wanted);
        }
    }

    private async Task GiveBackAsync(IReadOnlyList<(int Campaign, int Day)> wanted)
    {
        foreach (var (campaign, day) in wanted)
        {
            await _keeper.ShareAsync(campaign, day);
        }
    }

    /// <summary>The store that other nodes write as well; <c>null</c> for a node that is alone.</summary>
    private PostgresStore? SharedStore => _host.Budgets is not null ? (_log as PostgresNodeLog)?.Store : null;

    /// <summary>What is done of a sweep: with the log of a node that is alone, in the store of several for all of them.</summary>
    private IRefoldMarks Marks() => SharedStore is { } store
        ? new SharedRefoldMarks(_log, stop => store.WritersAsync(SharedRefoldMarks.DecidesKey, stop), _catalogs.Version, SettleAsync)
        : new RefoldMarks(_log);

    private RfmKeeper Rfm() => new(_log, _accounts, _time, SharedStore is { } store ? new SweepBoard(_log, RfmKeeper.MarkKey, stop => store.WritersAsync(SharedRfmSweep.ScoresKey, stop)) : null);

    private SharedRfmSweep? Rescore() => SharedStore is { } store
        ? new SharedRfmSweep(_log, store, _rfm, () => Volatile.Read(ref _environment), LoadRfm, SettleAsync, () => _accounts.Segments, ReachForSweepAsync, _options.WakesPerSecond)
        : null;

    /// <summary>Completes when nobody here works with what was live before, and what was written by it is in the store.</summary>
    private Task SettleAsync(CancellationToken cancellation)
    {
        _directory.PassLocks();
        return _log.FlushAsync(cancellation);
    }

    /// <summary>
    /// Saves whose state no snapshot holds yet, while they are served on: before they are handed over, so that whoever takes them up reads a state with little behind it and
    /// need not fold what they did in the last half minute.
    /// </summary>
    public Task SaveAsync() => _snapshots.SaveAllAsync();

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

    /// <summary>Whether this node has the customer in memory, and under this very id. False means only that it has to be looked up.</summary>
    public bool IsHome(UInt128 idHash)
    {
        if (_directory.Find(idHash) is not { } cell)
        {
            return false;
        }

        lock (cell)
        {
            return cell is { IsLoaded: true, LivesAt: var home } && home == 0;
        }
    }

    /// <summary>The hash under which the customer of an id lives: another than the id's own when that is an alias.</summary>
    /// <exception cref="NodeLogException">The store cannot be read now.</exception>
    public async ValueTask<UInt128> HomeOfAsync(UInt128 idHash)
    {
        if (Volatile.Read(ref _environment) is null)
        {
            return idHash;
        }

        var cell = _directory.Get(idHash);
        if (!cell.IsLoaded)
        {
            await LoadAsync(cell);
        }

        lock (cell)
        {
            return cell.LivesAt == 0 ? idHash : cell.LivesAt;
        }
    }

    /// <summary>An id's cell here is looked up anew: whom it belongs to has changed.</summary>
    public ValueTask ForgetAsync(UInt128 idHash)
    {
        Forget(idHash);
        return ValueTask.CompletedTask;
    }

    private async ValueTask ForgetEverywhereAsync(UInt128 idHash)
    {
        Forget(idHash);
        if (_host.Forget is { } forget)
        {
            await forget(idHash);
        }
    }

    private ValueTask AnnounceAsync() => _host.Announce?.Invoke() ?? ValueTask.CompletedTask;

    /// <summary>Customers of nodes that are gone are woken from here as well: those whose snapshot such a node saved last, and those without one.</summary>
    /// <param name="readers">One for each of these nodes; replaces the ones before.</param>
    public void WakeFor(IReadOnlyList<ILogReader> readers) => _due.Adopt(readers);

    /// <summary>Takes up what other nodes have published, paused or switched out of stock since.</summary>
    /// <returns>Whether there was a new version.</returns>
    /// <exception cref="NodeLogException">The store cannot be read now.</exception>
    /// <exception cref="InvalidOperationException">The stored version does not compile with this program.</exception>
    public async Task<bool> FollowAsync(CancellationToken cancellation = default)
    {
        try
        {
            var isNew = await FollowPublishedAsync(cancellation);
            Volatile.Write(ref _unfollowed, null);
            return isNew;
        }
        catch (NodeLogException unread)
        {
            Volatile.Write(ref _unfollowed, new Unfollowed(unread.Message, _unfollowed?.Since ?? _time.GetTimestamp()));
            throw;
        }
    }

    /// <summary>What the store says to who follows, where that has been an error for some time: nobody else may ask it anything while there is no traffic.</summary>
    private string? StoreTrouble =>
        Volatile.Read(ref _unfollowed) is { } unfollowed && _time.GetElapsedTime(unfollowed.Since) >= UnfollowedFor ? unfollowed.Reason : null;

    private async Task<bool> FollowPublishedAsync(CancellationToken cancellation)
    {
        LoadPauses();
        LoadStock();
        LoadRfm();
        _refold.Look();
        await FollowCutsAsync(cancellation);
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

    private sealed record Unfollowed(string Reason, long Since);
}
