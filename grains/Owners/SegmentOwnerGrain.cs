using Orleans.Concurrency;
using PmOrleans.GrainInterfaces;
using PmOrleans.GrainInterfaces.Owners;
using PmOrleans.Node.Owners;
using PmOrleans.Node.Port;

namespace PmOrleans.Grains.Owners;

/// <summary>The segments' figures over all nodes. The engine of this silo shows them, and takes RFM edges of them.</summary>
[Reentrant]
internal sealed class SegmentOwnerGrain(IGrainContext context, NodeHandle node)
    : OwnerGrain<SegmentBook>(context, node, OwnerName.Segments, new SegmentBook()), ISegmentOwnerGrain
{
    public async ValueTask<GrainReply<SegmentView[]>> ReadSegmentsAsync()
    {
        var reply = await (await Silo.GetAsync()).ReadSegmentsAsync();
        return new GrainReply<SegmentView[]>(reply.Value?.ToArray(), reply.Refusal);
    }

    public async ValueTask<GrainReply<SegmentView>> ReadSegmentAsync(string segmentId) =>
        GrainReply<SegmentView>.From(await (await Silo.GetAsync()).ReadSegmentAsync(segmentId));

    public async ValueTask<GrainReply<SegmentOverlapView>> ReadOverlapAsync(string segmentId, string withId) =>
        GrainReply<SegmentOverlapView>.From(await (await Silo.GetAsync()).ReadSegmentOverlapAsync(segmentId, withId));

    protected override void OnLoaded() => Silo.Segments = Book;

    protected override void OnLeft()
    {
        if (ReferenceEquals(Silo.Segments, Book))
        {
            Silo.Segments = null;
        }
    }
}
