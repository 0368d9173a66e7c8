using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;

namespace PmOrleans.Node.Port;

/// <summary>
/// The port: all that a gateway knows of what is behind it. The embedded host and the Orleans host implement it; one conformance suite runs
/// against both.
/// </summary>
/// <remarks>
/// Every method may be called concurrently. A cancelled token stops the waiting, not the work: what was accepted is finished, and a repeat with
/// the same id gets its outcome.
/// </remarks>
public interface IDecisionNode : ICatalogDesk
{
    ValueTask<Reply<DecisionAnswer>> DecideAsync(DecisionRequest request, CancellationToken cancellation = default);

    /// <summary>Applies touchpoints, each whole; the order within a customer is kept. Completes when all that were accepted are durable.</summary>
    /// <param name="touchpoints"><c>null</c> where the edge has rejected that index already.</param>
    ValueTask<Reply<IngestAnswer>> IngestAsync(IReadOnlyList<Touchpoint?> touchpoints, CancellationToken cancellation = default);

    /// <summary>
    /// Takes touchpoints that may be applied a little later: those that pass the checks are durable when this completes, visible soon after, and each is applied
    /// once, with or without a message id. A host without a queue applies them, as its answer says.
    /// </summary>
    /// <param name="touchpoints">As for <see cref="IngestAsync"/>.</param>
    ValueTask<Reply<IngestAnswer>> QueueAsync(IReadOnlyList<Touchpoint?> touchpoints, CancellationToken cancellation = default) => IngestAsync(touchpoints, cancellation);

    ValueTask<Reply<CustomerView>> ReadCustomerAsync(string customerId, CancellationToken cancellation = default);

    /// <summary>Lets another outside id point to a known customer; a repeat is harmless. An id of another customer, or of an erased one, is a conflict.</summary>
    ValueTask<Reply<CustomerIds>> AddAliasAsync(string customerId, string alias, CancellationToken cancellation = default);

    /// <summary>History, oldest first.</summary>
    /// <param name="after">Cursor of the last fact seen; 0 from the beginning.</param>
    /// <param name="limit">1 to 1,000.</param>
    ValueTask<Reply<FactPage>> ReadFactsAsync(string customerId, long after, int limit, CancellationToken cancellation = default);

    /// <summary>Destroys the customer's key and personal parts; repeating it is harmless. Not found when there never was one.</summary>
    ValueTask<Reply<Erased>> EraseAsync(string customerId, CancellationToken cancellation = default);

    ValueTask<Reply<DecisionView>> ReadDecisionAsync(string decisionId, CancellationToken cancellation = default);

    ValueTask<Reply<CatalogView>> ReadCatalogAsync(CancellationToken cancellation = default);

    /// <summary>Checks a bundle and says what publishing it would change; never refuses for errors in it.</summary>
    ValueTask<Reply<PublishAnswer>> ValidateAsync(ReadOnlyMemory<byte> bundle, CancellationToken cancellation = default);

    ValueTask<Reply<IReadOnlyList<CampaignView>>> ReadCampaignsAsync(CancellationToken cancellation = default);

    ValueTask<Reply<CampaignView>> ReadCampaignAsync(string campaignId, CancellationToken cancellation = default);

    /// <summary>Pauses or resumes; live at once on this node, within a second on all; survives a publish.</summary>
    ValueTask<Reply<CampaignView>> SetPausedAsync(string campaignId, bool paused, CancellationToken cancellation = default);

    ValueTask<Reply<IReadOnlyList<SegmentView>>> ReadSegmentsAsync(CancellationToken cancellation = default);

    ValueTask<Reply<SegmentView>> ReadSegmentAsync(string segmentId, CancellationToken cancellation = default);

    /// <summary>Every experiment of the live catalog and every one that counted anything, with the global holdout.</summary>
    ValueTask<Reply<IReadOnlyList<ExperimentView>>> ReadExperimentsAsync(CancellationToken cancellation = default);

    ValueTask<Reply<ExperimentView>> ReadExperimentAsync(string experimentId, CancellationToken cancellation = default);

    /// <summary>How many customers are in both segments. Invalid when one of them is per request: nobody is in it between requests.</summary>
    ValueTask<Reply<SegmentOverlapView>> ReadSegmentOverlapAsync(string segmentId, string withId, CancellationToken cancellation = default);

    ValueTask<Reply<PolicyView>> ReadPolicyAsync(string placementId, CancellationToken cancellation = default);

    /// <summary>What keeps this node from serving, or empty: for readiness.</summary>
    IReadOnlyList<string> NotReadyReasons { get; }

    /// <summary>Asked before a request's body is read: <c>null</c>, or a refusal because too much is under way.</summary>
    /// <param name="bytes">Size of the body, or an estimate.</param>
    Refusal? Admit(long bytes);
}
