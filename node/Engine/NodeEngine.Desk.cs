using PmOrleans.Node.Log;
using PmOrleans.Node.Port;
using PmOrleans.Node.Publishing;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Engine;

/// <content>What marketers do around a publish.</content>
public sealed partial class NodeEngine
{
    public ValueTask<Reply<VersionPage>> ReadVersionsAsync(int before, int limit, CancellationToken cancellation = default) =>
        new(Reading<VersionPage>(() => _history.List(before, limit)));

    public ValueTask<Reply<CatalogView>> ReadVersionAsync(int version, CancellationToken cancellation = default) =>
        new(Reading(() => _history.Read(version)));

    public ValueTask<Reply<ComparisonView>> CompareAsync(int from, int to, CancellationToken cancellation = default) =>
        new(Reading(() => _history.Compare(from, to)));

    public ValueTask<Reply<IReadOnlyList<DraftView>>> ReadDraftsAsync(CancellationToken cancellation = default) =>
        new(Reading(() => Reply<IReadOnlyList<DraftView>>.From(_drafts.List())));

    public ValueTask<Reply<DraftView>> ReadDraftAsync(string name, CancellationToken cancellation = default) =>
        new(Reading(() => _drafts.Find(name) is { } draft ? draft : (Reply<DraftView>)DraftStore.Missing(name)));

    public async ValueTask<Reply<DraftView>> SaveDraftAsync(
        string name, ReadOnlyMemory<byte> bundle, PublishNote note, int? basedOn, string? expectedHash, CancellationToken cancellation = default)
    {
        try
        {
            return await _drafts.SaveAsync(name, bundle, note, _catalogs.Live?.Version ?? 0, basedOn, expectedHash);
        }
        catch (Exception failure) when (IsOutage(failure))
        {
            return Failure(new LogFailure(LogFailureKind.Unavailable, failure.Message));
        }
    }

    public async ValueTask<Reply<DraftView>> DeleteDraftAsync(string name, CancellationToken cancellation = default)
    {
        try
        {
            return await _drafts.DeleteAsync(name) is { } deleted ? deleted : DraftStore.Missing(name);
        }
        catch (Exception failure) when (IsOutage(failure))
        {
            return Failure(new LogFailure(LogFailureKind.Unavailable, failure.Message));
        }
    }

    public async ValueTask<Reply<OfferStockView>> SetStockAsync(string offerId, bool inStock, CancellationToken cancellation = default)
    {
        if (_catalogs.Live is not { } catalog)
        {
            return NoCatalog();
        }

        if (!catalog.OfferById.TryGetValue(offerId, out var offer))
        {
            return new Refusal(RefusalKind.NotFound, $"there is no offer '{offerId}' in the live catalog");
        }

        await _publishing.WaitAsync(cancellation);
        try
        {
            await _stock.SetAsync(offer.Number, inStock, _time.NowMicros());
            UseStock();
            await AnnounceAsync();
            return new OfferStockView(offer.Id, offer.Campaign.Id, inStock && offer.InStock, !inStock);
        }
        catch (Exception failure) when (IsOutage(failure))
        {
            return Failure(new LogFailure(LogFailureKind.Unavailable, failure.Message));
        }
        finally
        {
            _publishing.Release();
        }
    }

    /// <summary>Takes up what other nodes have switched.</summary>
    private void LoadStock()
    {
        _stock.Load();
        UseStock();
    }

    private void UseStock()
    {
        lock (_environmentGate)
        {
            if (_environment is { } environment && !ReferenceEquals(environment.OutOfStock, _stock.Off))
            {
                Volatile.Write(ref _environment, environment with { OutOfStock = _stock.Off });
            }
        }
    }

    private Reply<T> Reading<T>(Func<Reply<T>> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (NodeLogException unreadable)
        {
            return Failure(new LogFailure(LogFailureKind.Unavailable, unreadable.Message));
        }
    }
}
