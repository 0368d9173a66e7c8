using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Segments;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Tests;

/// <summary>A node by script: remembers what reached it, and answers what a test wants.</summary>
internal sealed partial class FakeNode : IDecisionNode
{
    private readonly Lock _gate = new();

    public List<DecisionRequest> Decided { get; } = [];

    public List<Touchpoint> Ingested { get; } = [];

    public List<int?> PublishedAgainst { get; } = [];

    /// <summary>Everything that ever reached the node and could change it.</summary>
    public int Calls => Decided.Count + Ingested.Count + PublishedAgainst.Count;

    public Func<DecisionRequest, CancellationToken, ValueTask<Reply<DecisionAnswer>>>? OnDecide { get; set; }

    public Func<IReadOnlyList<Touchpoint?>, Reply<IngestAnswer>>? OnIngest { get; set; }

    /// <summary>A node with a queue; without this there is none.</summary>
    public Func<IReadOnlyList<Touchpoint?>, Reply<IngestAnswer>>? OnQueue { get; set; }

    public Func<string, Reply<CustomerView>> OnReadCustomer { get; set; } = id => Samples.Customer(id);

    public Func<ReadOnlyMemory<byte>, int?, Reply<PublishAnswer>>? OnPublish { get; set; }

    public Refusal? AdmitRefusal { get; set; }

    public int LiveVersion { get; set; } = 7;

    public IReadOnlyList<string> NotReadyReasons { get; set; } = [];

    public ValueTask<Reply<DecisionAnswer>> DecideAsync(DecisionRequest request, CancellationToken cancellation = default)
    {
        lock (_gate)
        {
            Decided.Add(request);
        }

        return OnDecide?.Invoke(request, cancellation) ?? new(Samples.Decision(request.DecisionId ?? "d-1", request.CustomerId, request.Explain));
    }

    public ValueTask<Reply<IngestAnswer>> IngestAsync(IReadOnlyList<Touchpoint?> touchpoints, CancellationToken cancellation = default)
    {
        if (OnIngest?.Invoke(touchpoints) is { } scripted)
        {
            return new(scripted);
        }

        var good = touchpoints.OfType<Touchpoint>().ToList();
        lock (_gate)
        {
            Ingested.AddRange(good);
        }

        return new(new IngestAnswer(good.Count, 0, good.Count(item => item.MessageId is null), []));
    }

    public ValueTask<Reply<IngestAnswer>> QueueAsync(IReadOnlyList<Touchpoint?> touchpoints, CancellationToken cancellation = default) =>
        OnQueue is { } queue ? new(queue(touchpoints)) : IngestAsync(touchpoints, cancellation);

    public ValueTask<Reply<CustomerView>> ReadCustomerAsync(string customerId, CancellationToken cancellation = default) => new(OnReadCustomer(customerId));

    public ValueTask<Reply<CustomerIds>> AddAliasAsync(string customerId, string alias, CancellationToken cancellation = default) => new(
        alias == "taken"
            ? new Refusal(RefusalKind.Conflict, "The id cannot be given.", new Dictionary<string, string[]>(StringComparer.Ordinal) { ["alias"] = ["is taken"] })
            : Reply<CustomerIds>.From(new CustomerIds(customerId, [customerId, alias])));

    public ValueTask<Reply<FactPage>> ReadFactsAsync(string customerId, long after, int limit, CancellationToken cancellation = default) =>
        new(Samples.Facts(customerId, after, limit));

    public ValueTask<Reply<Erased>> EraseAsync(string customerId, CancellationToken cancellation = default) => new(new Erased(customerId, Samples.At));

    public ValueTask<Reply<DecisionView>> ReadDecisionAsync(string decisionId, CancellationToken cancellation = default) => new(
        new DecisionView(Samples.Decision(decisionId, "c-42", explain: true), [new Property("device", PropertyValue.Of("mobile"))], [Samples.Outcome]));

    public ValueTask<Reply<CatalogView>> ReadCatalogAsync(CancellationToken cancellation = default) => new(LiveVersion == 0
        ? new Refusal(RefusalKind.NotFound, "No catalog was published.")
        : Reply<CatalogView>.From(new CatalogView(LiveVersion, "abc", Samples.At, "{\"files\":{}}"u8.ToArray())));

    public ValueTask<Reply<PublishAnswer>> PublishAsync(
        ReadOnlyMemory<byte> bundle, int? expectedVersion, PublishNote note, CancellationToken cancellation = default)
    {
        if (expectedVersion is { } expected && expected != LiveVersion)
        {
            return new(new Refusal(RefusalKind.PreconditionFailed, $"Version {LiveVersion} is live, not {expected}."));
        }

        if (OnPublish?.Invoke(bundle, expectedVersion) is { } scripted)
        {
            return new(scripted);
        }

        PublishedAgainst.Add(expectedVersion);
        Notes.Add(note);
        if (note.Draft is { } published && Drafts.GetValueOrDefault(published.Name)?.Hash == published.Hash)
        {
            Drafts.Remove(published.Name);
        }

        LiveVersion++;
        return new(new PublishAnswer(true, LiveVersion, "def", [], [new CatalogChange("offer", "o-1", "changed", ["value"])]));
    }

    public ValueTask<Reply<PublishAnswer>> ValidateAsync(ReadOnlyMemory<byte> bundle, CancellationToken cancellation = default) =>
        new(new PublishAnswer(false, LiveVersion, null, [Samples.CatalogError, Samples.CatalogWarning], []));

    public ValueTask<Reply<IReadOnlyList<CampaignView>>> ReadCampaignsAsync(CancellationToken cancellation = default) =>
        new(Reply<IReadOnlyList<CampaignView>>.From([Samples.Campaign("autumn", paused: false)]));

    public ValueTask<Reply<CampaignView>> ReadCampaignAsync(string campaignId, CancellationToken cancellation = default) =>
        new(campaignId == "none" ? new Refusal(RefusalKind.NotFound, "There is no campaign 'none'.") : Reply<CampaignView>.From(Samples.Campaign(campaignId, paused: false)));

    public ValueTask<Reply<CampaignView>> SetPausedAsync(string campaignId, bool paused, CancellationToken cancellation = default) => new(Samples.Campaign(campaignId, paused));

    public ValueTask<Reply<IReadOnlyList<SegmentView>>> ReadSegmentsAsync(CancellationToken cancellation = default) =>
        new(Reply<IReadOnlyList<SegmentView>>.From([new SegmentView("gold", "Gold", "live", 12, 99)]));

    public ValueTask<Reply<SegmentView>> ReadSegmentAsync(string segmentId, CancellationToken cancellation = default) =>
        new(new SegmentView(segmentId, null, "building", 7, 99)
        {
            Progress = 40,
            Entered = 9,
            Left = 2,
            Minutes = [new SegmentMinute(1_795_262_400_000_000, 9, 2)],
            Sums = [new SegmentSumView("metrics.spend30d", 12.5m)],
        });

    public ValueTask<Reply<SegmentOverlapView>> ReadSegmentOverlapAsync(string segmentId, string withId, CancellationToken cancellation = default) =>
        new(new SegmentOverlapView(segmentId, withId, 12, 7, 3, 99));

    public ValueTask<Reply<IReadOnlyList<ExperimentView>>> ReadExperimentsAsync(CancellationToken cancellation = default) =>
        new(Reply<IReadOnlyList<ExperimentView>>.From([Samples.Experiment("hero")]));

    public ValueTask<Reply<ExperimentView>> ReadExperimentAsync(string experimentId, CancellationToken cancellation = default) => new(Samples.Experiment(experimentId));

    public ValueTask<Reply<PolicyView>> ReadPolicyAsync(string placementId, CancellationToken cancellation = default) => new(new PolicyView(
        placementId, "default", "beta", "thompson", "click", 100, 0.69, Samples.At,
        [new EstimateView("o-1", null, 0.1, 0.02, 0.06, 0.14, 200, 20, 3, double.NaN, Samples.At)]));

    public Refusal? Admit(long bytes) => AdmitRefusal;
}
