using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Port;

namespace PmOrleans.Grains;

/// <content>What concerns no live customer is answered by an engine, in this silo or another: what is committed or published is the same on every silo.</content>
public sealed partial class ClusterNode
{
    public ValueTask<Reply<FactPage>> ReadFactsAsync(string customerId, long after, int limit, CancellationToken cancellation = default) =>
        Here(engine => engine.ReadFactsAsync(customerId, after, limit, cancellation));

    public ValueTask<Reply<DecisionView>> ReadDecisionAsync(string decisionId, CancellationToken cancellation = default) =>
        Here(engine => engine.ReadDecisionAsync(decisionId, cancellation));

    public ValueTask<Reply<CatalogView>> ReadCatalogAsync(CancellationToken cancellation = default) =>
        Here(engine => engine.ReadCatalogAsync(cancellation));

    public ValueTask<Reply<PublishAnswer>> ValidateAsync(ReadOnlyMemory<byte> bundle, CancellationToken cancellation = default) =>
        Here(engine => engine.ValidateAsync(bundle, cancellation));

    public ValueTask<Reply<IReadOnlyList<CampaignView>>> ReadCampaignsAsync(CancellationToken cancellation = default) =>
        Here(engine => engine.ReadCampaignsAsync(cancellation));

    public ValueTask<Reply<CampaignView>> ReadCampaignAsync(string campaignId, CancellationToken cancellation = default) =>
        Here(engine => engine.ReadCampaignAsync(campaignId, cancellation));

    public ValueTask<Reply<CampaignView>> SetPausedAsync(string campaignId, bool paused, CancellationToken cancellation = default) =>
        Here(engine => engine.SetPausedAsync(campaignId, paused, cancellation));

    public ValueTask<Reply<IReadOnlyList<ExperimentView>>> ReadExperimentsAsync(CancellationToken cancellation = default) =>
        Here(engine => engine.ReadExperimentsAsync(cancellation));

    public ValueTask<Reply<ExperimentView>> ReadExperimentAsync(string experimentId, CancellationToken cancellation = default) =>
        Here(engine => engine.ReadExperimentAsync(experimentId, cancellation));

    public ValueTask<Reply<PolicyView>> ReadPolicyAsync(string placementId, CancellationToken cancellation = default) =>
        Here(engine => engine.ReadPolicyAsync(placementId, cancellation));

    public ValueTask<Reply<PublishAnswer>> PublishAsync(
        ReadOnlyMemory<byte> bundle, int? expectedVersion, PublishNote note, CancellationToken cancellation = default) =>
        Here(engine => engine.PublishAsync(bundle, expectedVersion, note, cancellation));

    public ValueTask<Reply<VersionPage>> ReadVersionsAsync(int before, int limit, CancellationToken cancellation = default) =>
        Here(engine => engine.ReadVersionsAsync(before, limit, cancellation));

    public ValueTask<Reply<CatalogView>> ReadVersionAsync(int version, CancellationToken cancellation = default) =>
        Here(engine => engine.ReadVersionAsync(version, cancellation));

    public ValueTask<Reply<ComparisonView>> CompareAsync(int from, int to, CancellationToken cancellation = default) =>
        Here(engine => engine.CompareAsync(from, to, cancellation));

    public ValueTask<Reply<IReadOnlyList<DraftView>>> ReadDraftsAsync(CancellationToken cancellation = default) =>
        Here(engine => engine.ReadDraftsAsync(cancellation));

    public ValueTask<Reply<DraftView>> ReadDraftAsync(string name, CancellationToken cancellation = default) =>
        Here(engine => engine.ReadDraftAsync(name, cancellation));

    public ValueTask<Reply<DraftView>> SaveDraftAsync(
        string name, ReadOnlyMemory<byte> bundle, PublishNote note, int? basedOn, string? expectedHash, CancellationToken cancellation = default) =>
        Here(engine => engine.SaveDraftAsync(name, bundle, note, basedOn, expectedHash, cancellation));

    public ValueTask<Reply<DraftView>> DeleteDraftAsync(string name, CancellationToken cancellation = default) =>
        Here(engine => engine.DeleteDraftAsync(name, cancellation));

    public ValueTask<Reply<ReachView>> StartReachAsync(
        CatalogChoice catalog, IReadOnlyList<Property> context, CancellationToken cancellation = default) =>
        Here(engine => engine.StartReachAsync(catalog, context, cancellation));

    public ValueTask<Reply<ReachView>> ReadReachAsync(string id, CancellationToken cancellation = default) =>
        Here(engine => engine.ReadReachAsync(id, cancellation));

    public ValueTask<Reply<ReachView>> CancelReachAsync(string id, CancellationToken cancellation = default) =>
        Here(engine => engine.CancelReachAsync(id, cancellation));

    public ValueTask<Reply<OfferStockView>> SetStockAsync(string offerId, bool inStock, CancellationToken cancellation = default) =>
        Here(engine => engine.SetStockAsync(offerId, inStock, cancellation));

    private ValueTask<Reply<T>> Here<T>(Func<IDecisionNode, ValueTask<Reply<T>>> ask)
        where T : class =>
        edge.Desk is { } desk ? ask(desk) : new(Starting());
}
