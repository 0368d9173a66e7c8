using PmOrleans.Node.Port;

namespace PmOrleans.GrainInterfaces.Owners;

/// <summary>Owner of the segments' figures: who wants to see them asks here.</summary>
[Alias("PmOrleans.SegmentOwner")]
public interface ISegmentOwnerGrain : IOwnerGrain
{
    [Alias("ReadAll")]
    ValueTask<GrainReply<SegmentView[]>> ReadSegmentsAsync();

    [Alias("Read")]
    ValueTask<GrainReply<SegmentView>> ReadSegmentAsync(string segmentId);

    [Alias("Overlap")]
    ValueTask<GrainReply<SegmentOverlapView>> ReadOverlapAsync(string segmentId, string withId);
}
