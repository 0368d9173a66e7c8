using Orleans.Concurrency;
using Orleans.Placement;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.GrainInterfaces;

namespace PmOrleans.ClusterBenchmarks;

/// <summary>The baseline: the same messages through a grain that does nothing.</summary>
[Alias("PmOrleans.Benchmarks.Echo")]
public interface IEchoGrain : IGrainWithGuidKey
{
    [Alias("Echo")]
    ValueTask<GrainReply<DecisionAnswer>> EchoAsync(DecisionRequest request);
}

[Reentrant]
[PreferLocalPlacement]
public sealed class EchoGrain : Grain, IEchoGrain
{
    public static GrainReply<DecisionAnswer> Answer { get; set; } = new(null, null);

    public ValueTask<GrainReply<DecisionAnswer>> EchoAsync(DecisionRequest request) => new(Answer);
}
