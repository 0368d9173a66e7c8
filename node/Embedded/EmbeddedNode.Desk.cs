using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Port;

namespace PmOrleans.Node.Embedded;

/// <content>What marketers do around a publish.</content>
public sealed partial class EmbeddedNode
{
    public ValueTask<Reply<PublishAnswer>> PublishAsync(
        ReadOnlyMemory<byte> bundle, int? expectedVersion, PublishNote note, CancellationToken cancellation = default) =>
        Open.PublishAsync(bundle, expectedVersion, Given(note), cancellation);

    public ValueTask<Reply<VersionPage>> ReadVersionsAsync(int before, int limit, CancellationToken cancellation = default) =>
        Open.ReadVersionsAsync(before, limit, cancellation);

    public ValueTask<Reply<CatalogView>> ReadVersionAsync(int version, CancellationToken cancellation = default) =>
        Open.ReadVersionAsync(version, cancellation);

    public ValueTask<Reply<ComparisonView>> CompareAsync(int from, int to, CancellationToken cancellation = default) =>
        Open.CompareAsync(from, to, cancellation);

    public ValueTask<Reply<IReadOnlyList<DraftView>>> ReadDraftsAsync(CancellationToken cancellation = default) => Open.ReadDraftsAsync(cancellation);

    public ValueTask<Reply<DraftView>> ReadDraftAsync(string name, CancellationToken cancellation = default) => Open.ReadDraftAsync(Given(name), cancellation);

    public ValueTask<Reply<DraftView>> SaveDraftAsync(
        string name, ReadOnlyMemory<byte> bundle, PublishNote note, int? basedOn, string? expectedHash, CancellationToken cancellation = default) =>
        Open.SaveDraftAsync(Given(name), bundle, Given(note), basedOn, expectedHash, cancellation);

    public ValueTask<Reply<DraftView>> DeleteDraftAsync(string name, CancellationToken cancellation = default) => Open.DeleteDraftAsync(Given(name), cancellation);

    public ValueTask<Reply<PreviewView>> PreviewAsync(PreviewRequest request, CancellationToken cancellation = default) =>
        Open.PreviewAsync(Given(request), cancellation);

    public ValueTask<Reply<ReachView>> StartReachAsync(CatalogChoice catalog, IReadOnlyList<Property> context, CancellationToken cancellation = default) =>
        Open.StartReachAsync(Given(catalog), Given(context), cancellation);

    public ValueTask<Reply<ReachView>> ReadReachAsync(string id, CancellationToken cancellation = default) => Open.ReadReachAsync(Given(id), cancellation);

    public ValueTask<Reply<ReachView>> CancelReachAsync(string id, CancellationToken cancellation = default) => Open.CancelReachAsync(Given(id), cancellation);

    public ValueTask<Reply<OfferStockView>> SetStockAsync(string offerId, bool inStock, CancellationToken cancellation = default) =>
        Open.SetStockAsync(Given(offerId), inStock, cancellation);
}
