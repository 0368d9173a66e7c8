using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Tests;

/// <content>Drafts, history, stock: kept in memory, so that a test sees what it sent.</content>
internal sealed partial class FakeNode
{
    public Dictionary<string, DraftView> Drafts { get; } = new(StringComparer.Ordinal);

    public List<PublishNote> Notes { get; } = [];

    public List<(string Offer, bool InStock)> Stock { get; } = [];

    public ValueTask<Reply<VersionPage>> ReadVersionsAsync(int before, int limit, CancellationToken cancellation = default) => new(new VersionPage(
        [new VersionView(LiveVersion, "abc", Samples.At, new PublishNote("li", "spring"), 1, 2, 3, ["offer o-1 added"])], LiveVersion > 1 ? LiveVersion : null));

    public ValueTask<Reply<CatalogView>> ReadVersionAsync(int version, CancellationToken cancellation = default) => new(version >= 1 && version <= LiveVersion
        ? Reply<CatalogView>.From(new CatalogView(version, "abc", Samples.At, "{\"files\":{}}"u8.ToArray()))
        : new Refusal(RefusalKind.NotFound, $"there is no catalog version {version}"));

    public ValueTask<Reply<ComparisonView>> CompareAsync(int from, int to, CancellationToken cancellation = default) =>
        new(new ComparisonView(from, to, [new CatalogChange("offer", "o-1", "changed", ["value: 1 -> 2"])]));

    public ValueTask<Reply<IReadOnlyList<DraftView>>> ReadDraftsAsync(CancellationToken cancellation = default) =>
        new(Reply<IReadOnlyList<DraftView>>.From([.. Drafts.Values]));

    public ValueTask<Reply<DraftView>> ReadDraftAsync(string name, CancellationToken cancellation = default) =>
        new(Drafts.TryGetValue(name, out var draft) ? draft : new Refusal(RefusalKind.NotFound, $"there is no draft '{name}'"));

    public ValueTask<Reply<DraftView>> SaveDraftAsync(
        string name, ReadOnlyMemory<byte> bundle, PublishNote note, int? basedOn, string? expectedHash, CancellationToken cancellation = default)
    {
        if (expectedHash is not null && Drafts.GetValueOrDefault(name)?.Hash != expectedHash)
        {
            return new(new Refusal(RefusalKind.PreconditionFailed, $"draft '{name}' was changed"));
        }

        Drafts[name] = new DraftView(name, basedOn ?? LiveVersion, $"h{bundle.Length}", Samples.At, note, bundle.ToArray());
        return new(Drafts[name]);
    }

    public ValueTask<Reply<DraftView>> DeleteDraftAsync(string name, CancellationToken cancellation = default) =>
        new(Drafts.Remove(name, out var draft) ? draft : new Refusal(RefusalKind.NotFound, $"there is no draft '{name}'"));

    public ValueTask<Reply<OfferStockView>> SetStockAsync(string offerId, bool inStock, CancellationToken cancellation = default)
    {
        Stock.Add((offerId, inStock));
        return new(new OfferStockView(offerId, "autumn", inStock, !inStock));
    }

    public List<PreviewRequest> Previewed { get; } = [];

    public Func<PreviewRequest, Refusal>? OnPreview { get; set; }

    public List<(CatalogChoice Choice, IReadOnlyList<Property> Context)> Reached { get; } = [];

    public ValueTask<Reply<PreviewView>> PreviewAsync(PreviewRequest request, CancellationToken cancellation = default)
    {
        Previewed.Add(request);
        if (OnPreview is { } refuse)
        {
            return new(refuse(request));
        }

        return new(request.Catalog.Draft == "broken"
            ? new PreviewView(null, [Samples.CatalogError])
            : new PreviewView(Samples.Decision("d-1", request.Request.CustomerId, explain: true), [Samples.CatalogWarning]));
    }

    public ValueTask<Reply<ReachView>> StartReachAsync(CatalogChoice catalog, IReadOnlyList<Property> context, CancellationToken cancellation = default)
    {
        Reached.Add((catalog, context));
        return new(catalog.Draft == "broken"
            ? new ReachView("", "invalid", 0, 0, false, Samples.At, null, null, [], [Samples.CatalogError])
            : Reach("r-1", "running"));
    }

    public ValueTask<Reply<ReachView>> ReadReachAsync(string id, CancellationToken cancellation = default) =>
        new(id == "none" ? new Refusal(RefusalKind.NotFound, "there is no count 'none'") : Reply<ReachView>.From(Reach(id, "done")));

    public ValueTask<Reply<ReachView>> CancelReachAsync(string id, CancellationToken cancellation = default) => new(Reach(id, "cancelled"));

    private static ReachView Reach(string id, string status) => new(
        id, status, 40, 12, false, Samples.At, status == "running" ? null : Samples.At, null,
        [new OfferReachView("o-1", "autumn", 10, 8, null, false, [new ReachRemovalView(RemovalReason.Eligibility, "customer.tier == 'gold'", 2)])],
        [Samples.CatalogWarning]);
}
