using PmOrleans.GrainInterfaces;
using PmOrleans.GrainInterfaces.Owners;
using PmOrleans.Node.Port;

namespace PmOrleans.Grains;

/// <content>What an owner of the cluster has is asked there, once it has folded what this node has committed; a silo that is alone has it itself.</content>
public sealed partial class ClusterNode
{
    private static readonly TimeSpan MostWait = TimeSpan.FromSeconds(5);

    public async ValueTask<Reply<IReadOnlyList<SegmentView>>> ReadSegmentsAsync(CancellationToken cancellation = default)
    {
        if (!edge.HasOwners)
        {
            return await Here(engine => engine.ReadSegmentsAsync(cancellation));
        }

        var reply = await AtSegmentsAsync(owner => owner.ReadSegmentsAsync(), cancellation);
        return reply.Value is { } views ? Reply<IReadOnlyList<SegmentView>>.From(views) : reply.Refusal!;
    }

    public ValueTask<Reply<SegmentView>> ReadSegmentAsync(string segmentId, CancellationToken cancellation = default) => !edge.HasOwners
        ? Here(engine => engine.ReadSegmentAsync(segmentId, cancellation))
        : AtSegmentsAsync(owner => owner.ReadSegmentAsync(segmentId), cancellation);

    public ValueTask<Reply<SegmentOverlapView>> ReadSegmentOverlapAsync(string segmentId, string withId, CancellationToken cancellation = default) => !edge.HasOwners
        ? Here(engine => engine.ReadSegmentOverlapAsync(segmentId, withId, cancellation))
        : AtSegmentsAsync(owner => owner.ReadOverlapAsync(segmentId, withId), cancellation);

    private async ValueTask<Reply<T>> AtSegmentsAsync<T>(Func<ISegmentOwnerGrain, ValueTask<GrainReply<T>>> ask, CancellationToken cancellation)
        where T : class
    {
        if (edge.Desk is null)
        {
            return Starting();
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(MostWait);
        try
        {
            await edge.FoldedAsync(limit.Token);
            return await AskAsync(grains().GetGrain<ISegmentOwnerGrain>(IOwnerGrain.Key), ask, static (owner, ask) => ask(owner), limit.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return Lost();
        }
    }
}
