using PmOrleans.Decisioning.Facts;

namespace PmOrleans.Node.Port;

/// <summary>
/// What marketers do around a publish: keep drafts, look at the history, try a catalog on customers before it is live, take an offer off the shelf.
/// Nothing here is on the path of a decision.
/// </summary>
public interface ICatalogDesk
{
    /// <summary>Publishes a bundle as the next version.</summary>
    /// <param name="expectedVersion">Version the caller has seen (If-Match); <c>null</c>: whatever is live.</param>
    /// <param name="note">Kept with the version.</param>
    ValueTask<Reply<PublishAnswer>> PublishAsync(
        ReadOnlyMemory<byte> bundle, int? expectedVersion, PublishNote note, CancellationToken cancellation = default);

    /// <summary>The history, newest first.</summary>
    /// <param name="before">Only versions below this one; 0 from the newest.</param>
    /// <param name="limit">1 to 100.</param>
    ValueTask<Reply<VersionPage>> ReadVersionsAsync(int before, int limit, CancellationToken cancellation = default);

    /// <summary>A version as it was published. Rolling back is publishing its bundle again: ids, learning and counters stay.</summary>
    ValueTask<Reply<CatalogView>> ReadVersionAsync(int version, CancellationToken cancellation = default);

    /// <summary>What differs from one published version to another.</summary>
    /// <param name="from">0: nothing, so that everything is added.</param>
    ValueTask<Reply<ComparisonView>> CompareAsync(int from, int to, CancellationToken cancellation = default);

    /// <summary>Every draft, by name.</summary>
    ValueTask<Reply<IReadOnlyList<DraftView>>> ReadDraftsAsync(CancellationToken cancellation = default);

    ValueTask<Reply<DraftView>> ReadDraftAsync(string name, CancellationToken cancellation = default);

    /// <summary>Stores a draft, new or changed. It may have errors in it; it must be a bundle.</summary>
    /// <param name="basedOn">Version the author started from; <c>null</c>: what the draft says already, or the live one.</param>
    /// <param name="expectedHash">State of the draft the caller has seen; <c>null</c>: whatever there is.</param>
    ValueTask<Reply<DraftView>> SaveDraftAsync(
        string name, ReadOnlyMemory<byte> bundle, PublishNote note, int? basedOn, string? expectedHash, CancellationToken cancellation = default);

    /// <summary>Answers what was deleted.</summary>
    ValueTask<Reply<DraftView>> DeleteDraftAsync(string name, CancellationToken cancellation = default);

    /// <summary>Decides with a catalog that need not be live, for a customer or for a described one; leaves no trace.</summary>
    ValueTask<Reply<PreviewView>> PreviewAsync(PreviewRequest request, CancellationToken cancellation = default);

    /// <summary>
    /// Begins to count whom each offer of a catalog could reach, over every customer, beside everything else. Refused as overloaded while too many
    /// counts run.
    /// </summary>
    /// <param name="context">What requests would say; rules that read something else of them count as holding.</param>
    ValueTask<Reply<ReachView>> StartReachAsync(CatalogChoice catalog, IReadOnlyList<Property> context, CancellationToken cancellation = default);

    /// <summary>How far a count is, and its result once it is done. The last few are kept, in memory.</summary>
    ValueTask<Reply<ReachView>> ReadReachAsync(string id, CancellationToken cancellation = default);

    /// <summary>Stops a count; one that is done stays as it is.</summary>
    ValueTask<Reply<ReachView>> CancelReachAsync(string id, CancellationToken cancellation = default);

    /// <summary>Switches an offer out of stock or back; live at once on this node, within a second on all; survives a publish.</summary>
    ValueTask<Reply<OfferStockView>> SetStockAsync(string offerId, bool inStock, CancellationToken cancellation = default);
}
