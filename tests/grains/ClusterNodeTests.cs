using System.Reflection;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.GrainInterfaces;
using PmOrleans.GrainInterfaces.Owners;
using PmOrleans.Node.Port;

namespace PmOrleans.Grains.Tests;

/// <summary>The adapter of the port when a customer's silo does not answer, or is lost.</summary>
public sealed class ClusterNodeTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly DecisionRequest Request = new() { CustomerId = "c", Placements = [new PlacementRequest("p", 1, [])] };

    [Fact]
    public async Task whoever_asked_stops_waiting_when_the_token_says_so_though_the_call_is_under_way()
    {
        var node = Node(_ => new TaskCompletionSource<object>().Task);
        using var deadline = new CancellationTokenSource();

        var decision = node.DecideAsync(Request, deadline.Token).AsTask();
        var touchpoint = node.IngestAsync([new Touchpoint { CustomerId = "c", Type = "view" }], deadline.Token).AsTask();
        var view = node.ReadCustomerAsync("c", deadline.Token).AsTask();
        Assert.False(decision.IsCompleted || touchpoint.IsCompleted || view.IsCompleted);
        await deadline.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => decision.WaitAsync(Patience));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => touchpoint.WaitAsync(Patience));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => view.WaitAsync(Patience));
    }

    [Fact]
    public async Task a_decision_is_asked_for_again_under_one_id_when_its_silo_is_lost()
    {
        var ids = new List<string?>();
        var node = Node(call =>
        {
            ids.Add(((DecisionRequest)call[0]!).DecisionId);
            return ids.Count == 1 ? throw new SiloUnavailableException("gone")

                // That is what Orleans says when it finds no silo for a grain in time.
                : ids.Count == 2 ? Task.FromCanceled<object>(new CancellationToken(canceled: true))
                : Task.FromResult<object>(new GrainReply<DecisionAnswer>(null, new Refusal(RefusalKind.NotFound, "found it")));
        });

        using var deadline = new CancellationTokenSource();
        var reply = await node.DecideAsync(Request, deadline.Token);

        Assert.Equal("found it", reply.Refusal!.Detail);
        Assert.Equal(3, ids.Count);
        Assert.NotNull(Assert.Single(ids.Distinct(StringComparer.Ordinal)));
    }

    [Fact]
    public async Task a_silo_that_takes_a_while_to_stop_is_asked_again_within_a_usual_deadline()
    {
        var asked = 0;
        var node = Node(_ => ++asked <= 6
            ? throw new SiloUnavailableException("stopping")
            : Task.FromResult<object>(new GrainReply<DecisionAnswer>(null, new Refusal(RefusalKind.NotFound, "found it"))));

        var reply = await node.DecideAsync(Request);

        Assert.Equal("found it", reply.Refusal!.Detail);
    }

    [Theory]
    [InlineData("m-1", 22)]
    [InlineData(null, 1)]
    public async Task touchpoints_are_sent_again_when_they_have_message_ids_and_only_then(string? messageId, int times)
    {
        var calls = 0;
        var node = Node(_ =>
        {
            calls++;
            throw new SiloUnavailableException("gone");
        });

        var reply = await node.IngestAsync([new Touchpoint { CustomerId = "c", Type = "view", MessageId = messageId }]);

        Assert.Equal(RefusalKind.Unavailable, reply.Refusal!.Kind);
        Assert.Equal(times, calls);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task figures_of_segments_are_refused_for_now_when_their_owner_does_not_answer(bool isReported)
    {
        var node = Node(_ => new TaskCompletionSource<object>().Task, new Edge { HasOwners = true, Folded = isReported ? Task.CompletedTask : new TaskCompletionSource().Task });

        var reply = await node.ReadSegmentsAsync().AsTask().WaitAsync(Patience);

        Assert.Equal(RefusalKind.Unavailable, reply.Refusal!.Kind);
        Assert.NotNull(reply.Refusal.RetryAfter);
    }

    private static ClusterNode Node(Func<object?[], Task<object>> answer, Edge? edge = null)
    {
        var grains = DispatchProxy.Create<IGrainFactory, Answering>();
        ((Answering)(object)grains).Grains = [Grain<ICustomerGrain>(answer), Grain<ISegmentOwnerGrain>(answer)];
        return new ClusterNode(edge ?? new Edge(), () => grains);
    }

    private static T Grain<T>(Func<object?[], Task<object>> answer)
        where T : class
    {
        var grain = DispatchProxy.Create<T, Answering>();
        ((Answering)(object)grain).Answer = answer;
        return grain;
    }

    private sealed class Edge : IClusterEdge
    {
        public IDecisionNode? Desk { get; } = DispatchProxy.Create<IDecisionNode, Answering>();

        public IReadOnlyList<string> Starting => [];

        public bool HasOwners { get; init; }

        public Task Folded { get; init; } = Task.CompletedTask;

        public UInt128 KeyOf(string customerId) => 1;

        public Task FoldedAsync(CancellationToken cancellation) => Folded.WaitAsync(cancellation);
    }

    /// <summary>Stands in for a grain and for the factory that finds it.</summary>
    public class Answering : DispatchProxy
    {
        internal object[] Grains { get; set; } = [];

        internal Func<object?[], Task<object>>? Answer { get; set; }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => Grains.FirstOrDefault(grain => grain.GetType().IsAssignableTo(targetMethod!.ReturnType)) ?? GetType()
            .GetMethod(nameof(AskAsync), BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.FlattenHierarchy)!
            .MakeGenericMethod(targetMethod!.ReturnType.GetGenericArguments()[0])
            .Invoke(this, [args]);

        protected ValueTask<T> AskAsync<T>(object?[] args) => new(CastAsync<T>(args));

        private async Task<T> CastAsync<T>(object?[] args) => (T)await Answer!(args);
    }
}
