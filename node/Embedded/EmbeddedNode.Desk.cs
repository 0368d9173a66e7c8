using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Port;

namespace PmOrleans.Node.Embedded;

/// <content>What marketers do around a publish.</content>
public sealed partial class EmbeddedNode
{
    public ValueTask<Reply<PublishAnswer>> PublishAsync(
        ReadOnlyMemory<byte> bundle, int? expectedVersion, PublishNote note, CancellationToken cancellation = default) =>
        _engine.PublishAsync(bundle, expectedVersion, note, cancellation);

    public ValueTask<Reply<VersionPage>> ReadVersionsAsync(int before, int limit, CancellationToken cancellation = default) =>
        _engine.ReadVersionsAsync(before, limit, cancellation);

    public ValueTask<Reply<CatalogView>> ReadVersionAsync(int version, CancellationToken cancellation = default) =>
        _engine.ReadVersionAsync(version, cancellation);

    public ValueTask<Reply<ComparisonView>> CompareAsync(int from, int to, CancellationToken cancellation = default) =>
        _engine.CompareAsync(from, to, cancellation);

    public ValueTask<Reply<IReadOnlyList<DraftView>>> ReadDraftsAsync(CancellationToken cancellation = default) => _engine.ReadDraftsAsync(cancellation);

    public ValueTask<Reply<DraftView>> ReadDraftAsync(string name, CancellationToken cancellation = default) => _engine.ReadDraftAsync(name, cancellation);

    public ValueTask<Reply<DraftView>> SaveDraftAsync(
        string name, ReadOnlyMemory<byte> bundle, PublishNote note, int? basedOn, string? expectedHash, CancellationToken cancellation = default) =>
        _engine.SaveDraftAsync(name, bundle, note, basedOn, expectedHash, cancellation);

    public ValueTask<Reply<DraftView>> DeleteDraftAsync(string name, CancellationToken cancellation = default) => _engine.DeleteDraftAsync(name, cancellation);

    public ValueTask<Reply<PreviewView>> PreviewAsync(PreviewRequest request, CancellationToken cancellation = default) =>
        _engine.PreviewAsync(request, cancellation);

    public ValueTask<Reply<ReachView>> StartReachAsync(CatalogChoice catalog, IReadOnlyList<Property> context, CancellationToken cancellation = default) =>
        _engine.StartReachAsync(catalog, context, cancellation);

    public ValueTask<Reply<ReachView>> ReadReachAsync(string id, CancellationToken cancellation = default) => _engine.ReadReachAsync(id, cancellation);

    public ValueTask<Reply<ReachView>> CancelReachAsync(string id, CancellationToken cancellation = default) => _engine.CancelReachAsync(id, cancellation);

    public ValueTask<Reply<OfferStockView>> SetStockAsync(string offerId, bool inStock, CancellationToken cancellation = default) =>
        _engine.SetStockAsync(offerId, inStock, cancellation);
}
