using System.Collections.Concurrent;
using PmOrleans.Node.Customers;
using PmOrleans.Node.Leases;
using PmOrleans.Node.Log;
using PmOrleans.Node.Owners;

namespace PmOrleans.Node.Tests.Log;

/// <summary>The owners of a cluster without grains: one activation of each, which can be lost with all it has not saved.</summary>
internal sealed class OwnersInProcess(PostgresStore store, TimeProvider time) : IOwners, IDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly ConcurrentDictionary<OwnerName, (RangeOwner Owner, IOwnerBook Book)> _owners = [];
    private readonly HashSet<long> _cut = [];

    /// <summary>How often each owner was asked by somebody who was cut off.</summary>
    public ConcurrentDictionary<OwnerName, int> Unheard { get; } = [];

    /// <summary>Nothing more comes from this epoch's process.</summary>
    public void Cut(long epoch)
    {
        lock (_cut) _cut.Add(epoch);
    }

    /// <summary>An epoch's process that was cut off is heard again.</summary>
    public void Hear(long epoch)
    {
        lock (_cut) _cut.Remove(epoch);
    }

    /// <summary>The figures of segments; <c>null</c> before anybody reported any.</summary>
    public SegmentBook? Segments => _owners.TryGetValue(OwnerName.Segments, out var owner) ? (SegmentBook)owner.Book : null;

    /// <summary>Every owner's process dies.</summary>
    public Task LoseAsync() => InTurnAsync(() =>
    {
        _owners.Clear();
        return Task.FromResult(true);
    });

    public Task SaveAsync() => InTurnAsync(async () =>
    {
        foreach (var (owner, _) in _owners.Values) await owner.SaveAsync();
        return true;
    });

    public async ValueTask<RangeAnswer> ReportAsync(OwnerName owner, RangeReport report)
    {
        lock (_cut)
        {
            if (_cut.Contains(report.Epoch))
            {
                Unheard.AddOrUpdate(owner, 1, static (_, times) => times + 1);
                throw new NodeUnavailableException("cut off");
            }
        }

        return await InTurnAsync(async () => (await LoadAsync(owner)).Owner.Fold(report));
    }

    public async ValueTask<BudgetSlice> TakeAsync(SliceAsk ask) => await InTurnAsync(async () =>
    {
        var (owner, book) = await LoadAsync(OwnerName.Campaigns);
        var slice = ((LedgerBook)book).Take(ask) ?? throw new NodeUnavailableException("over");
        owner.Touch();
        await owner.SaveAsync();
        return slice;
    });

    public async ValueTask<bool> CountInAsync(long epoch, int catalogVersion, IReadOnlyCollection<int> totals) => await InTurnAsync(async () =>
    {
        var (owner, book) = await LoadAsync(OwnerName.Campaigns);
        var isCounted = ((LedgerBook)book).CountIn(epoch, catalogVersion, totals, await store.NodesAsync(), owner.WatermarkOf);
        owner.Touch();
        await owner.SaveAsync();
        return isCounted;
    });

    public async ValueTask<IReadOnlyList<LeaseLeft>?> ClaimAsync(long sealedEpoch, long claimant) => await InTurnAsync(async () =>
    {
        var (owner, book) = await LoadAsync(OwnerName.Campaigns);
        var left = ((LedgerBook)book).Claim(sealedEpoch, claimant, await store.NodesAsync(), owner.WatermarkOf, out _);
        owner.Touch();
        await owner.SaveAsync();
        return left;
    });

    public void Dispose() => _gate.Dispose();

    private async Task<(RangeOwner Owner, IOwnerBook Book)> LoadAsync(OwnerName name)
    {
        if (!_owners.TryGetValue(name, out var owner))
        {
            IOwnerBook book = name switch
            {
                OwnerName.Campaigns => new LedgerBook(time),
                OwnerName.Models => new ModelBook(),
                _ => new SegmentBook(),
            };
            _owners[name] = owner = (await RangeOwner.LoadAsync(store, name, book), book);
        }

        return owner;
    }

    private async Task<T> InTurnAsync<T>(Func<Task<T>> work)
    {
        await _gate.WaitAsync();
        try
        {
            return await work();
        }
        finally
        {
            _gate.Release();
        }
    }
}
