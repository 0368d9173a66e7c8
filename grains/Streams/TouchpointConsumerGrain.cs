using Microsoft.Extensions.Logging;
using Orleans.Placement;
using Orleans.Streams;
using Orleans.Streams.Core;
using PmOrleans.GrainInterfaces;
using PmOrleans.GrainInterfaces.Streams;
using PmOrleans.Node.Port;

namespace PmOrleans.Grains.Streams;

/// <summary>
/// Hands touchpoints of the stream to their customers, batch after batch. A batch that could not be written makes the delivery fail, and the stream brings it
/// again: message ids make that harmless. What breaks a rule would break it every time: it is counted, logged without anything personal, and dropped.
/// </summary>
[ImplicitStreamSubscription(StreamNames.Touchpoints)]
[PreferLocalPlacement]
internal sealed partial class TouchpointConsumerGrain(IDecisionNode node, ILogger<TouchpointConsumerGrain> logger)
    : Grain, ITouchpointConsumerGrain, IStreamSubscriptionObserver
{
    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) =>
        handleFactory.Create<TouchpointBatch>().ResumeAsync((batch, _) => ApplyAsync(batch));

    private async Task ApplyAsync(TouchpointBatch batch)
    {
        var reply = await node.IngestAsync(batch.Touchpoints);
        if (reply.Refusal is { } refusal)
        {
            throw new InvalidOperationException($"The touchpoints could not be applied: {refusal.Kind}, {refusal.Detail}");
        }

        var rejected = reply.Value!.Rejected.Where(one => !IsOutage(one)).ToList();
        if (rejected.Count < reply.Value.Rejected.Count)
        {
            throw new InvalidOperationException("Some of the touchpoints could not be applied now.");
        }

        if (rejected.Count > 0)
        {
            Dropped(rejected.Count, string.Join(", ", rejected.SelectMany(one => one.Errors.Keys).Distinct(StringComparer.Ordinal)));
        }
    }

    /// <summary>An outage concerns the touchpoint as a whole and no field of it.</summary>
    private static bool IsOutage(RejectedTouchpoint rejected) => rejected.Errors.ContainsKey("");

    [LoggerMessage(1, LogLevel.Warning, "{Count} touchpoints of a stream were rejected for their {Fields} and dropped.")]
    private partial void Dropped(int count, string fields);
}
