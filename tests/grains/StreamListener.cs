using System.Collections.Concurrent;
using Orleans.Streams;
using Orleans.Streams.Core;
using PmOrleans.GrainInterfaces.Streams;

namespace PmOrleans.Grains.Tests;

/// <summary>What the subscribers below have heard; one test at a time looks at it.</summary>
internal sealed class StreamListener
{
    public static StreamListener Instance { get; set; } = new();

    public ConcurrentQueue<(Guid Key, DecisionMade Decision)> Decisions { get; } = new();

    public ConcurrentQueue<(Guid Key, SegmentsChanged Change)> Segments { get; } = new();
}

public interface IDecisionListenerGrain : IGrainWithGuidKey;

public interface ISegmentListenerGrain : IGrainWithGuidKey;

[ImplicitStreamSubscription(StreamNames.Decisions)]
public sealed class DecisionListenerGrain : Grain, IDecisionListenerGrain, IStreamSubscriptionObserver
{
    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) => handleFactory.Create<DecisionMade>().ResumeAsync((decision, _) =>
    {
        StreamListener.Instance.Decisions.Enqueue((this.GetPrimaryKey(), decision));
        return Task.CompletedTask;
    });
}

[ImplicitStreamSubscription(StreamNames.Segments)]
public sealed class SegmentListenerGrain : Grain, ISegmentListenerGrain, IStreamSubscriptionObserver
{
    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) => handleFactory.Create<SegmentsChanged>().ResumeAsync((change, _) =>
    {
        StreamListener.Instance.Segments.Enqueue((this.GetPrimaryKey(), change));
        return Task.CompletedTask;
    });
}
