using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.GrainInterfaces;
using PmOrleans.Grains.Customers;
using PmOrleans.Node.Port;

namespace PmOrleans.Grains;

/// <summary>
/// The Orleans adapter of the port: whatever concerns one customer goes to the customer's grain, everything else is answered by this silo's engine, or by some
/// silo's where there is none. A silo that dies under a call makes it fail; where a repeat is safe it is repeated, with the same id, on whichever silo has the
/// customer then.
/// </summary>
/// <param name="edge">Where this stands: in a silo, or in a gateway without one.</param>
/// <param name="grains">Asked late: the edge is built before the silo.</param>
public sealed partial class ClusterNode(IClusterEdge edge, Func<IGrainFactory> grains) : IDecisionNode
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// A silo that stops has its customers elsewhere within tenths of a second, and whoever slept through that moment would miss a deadline of one second that it could have
    /// kept. A silo that is dead is asked for no more often than this, by each request that waits for it.
    /// </summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(100);

    /// <summary>With the pauses between them two seconds: whoever has waited this long has passed the usual deadlines, and is better told.</summary>
    private const int MostRepeats = 21;

    private static readonly Dictionary<string, string[]> ErrorsOfOutage = new(StringComparer.Ordinal)
    {
        [""] = ["the silo of this customer cannot be reached; whether the touchpoint was applied is not known, send it again"],
    };

    private readonly CustomerReferences _customers = new(grains);

    public IReadOnlyList<string> NotReadyReasons => edge.Desk?.NotReadyReasons ?? edge.Starting;

    public Refusal? Admit(long bytes) => edge.Desk is { } desk ? desk.Admit(bytes) : Starting();

    public ValueTask<Reply<DecisionAnswer>> DecideAsync(DecisionRequest request, CancellationToken cancellation = default)
    {
        if (edge.Desk is null)
        {
            return new(Starting());
        }

        // With an id of its own every decision can be repeated when a silo is lost on the way.
        request = request.DecisionId is null && !request.DryRun ? request with { DecisionId = Guid.CreateVersion7().ToString("N") } : request;
        return AskAsync(Customer(request.CustomerId), request, static (customer, request) => customer.DecideAsync(request), cancellation);
    }

    public async ValueTask<Reply<IngestAnswer>> IngestAsync(IReadOnlyList<Touchpoint?> touchpoints, CancellationToken cancellation = default)
    {
        if (edge.Desk is null)
        {
            return Starting();
        }

        if (touchpoints.Count == 1 && touchpoints[0] is { } only)
        {
            return await SendAsync(new TouchpointBatch([only]), cancellation);
        }

        var groups = Group(touchpoints);
        var replies = new List<(List<int> Indexes, Task<Reply<IngestAnswer>> Reply)>(groups.Count);
        foreach (var indexes in groups)
        {
            var batch = new TouchpointBatch([.. indexes.Select(index => touchpoints[index]!)]);
            replies.Add((indexes, SendAsync(batch, cancellation).AsTask()));
        }

        return await MergeAsync(replies);
    }

    /// <summary>Into the queue by this silo, or by some silo: no hop to the customers. A silo that is alone has no queue and applies them.</summary>
    public ValueTask<Reply<IngestAnswer>> QueueAsync(IReadOnlyList<Touchpoint?> touchpoints, CancellationToken cancellation = default) => edge switch
    {
        { Desk: null } => new(Starting()),
        { HasOwners: false } => IngestAsync(touchpoints, cancellation),
        _ => edge.Desk.QueueAsync(touchpoints, cancellation),
    };

    public async ValueTask<Reply<CustomerView>> ReadCustomerAsync(string customerId, CancellationToken cancellation = default) =>
        await AskAsync(customerId, customer => customer.ReadAsync(customerId), cancellation);

    public async ValueTask<Reply<Erased>> EraseAsync(string customerId, CancellationToken cancellation = default) =>
        await AskAsync(customerId, customer => customer.EraseAsync(customerId), cancellation);

    public async ValueTask<Reply<CustomerIds>> AddAliasAsync(string customerId, string alias, CancellationToken cancellation = default) =>
        await AskAsync(customerId, customer => customer.AddAliasAsync(customerId, alias), cancellation);

    public async ValueTask<Reply<PreviewView>> PreviewAsync(PreviewRequest request, CancellationToken cancellation = default) => request.Described
        ? await Here(engine => engine.PreviewAsync(request, cancellation))
        : await AskAsync(request.Request.CustomerId, customer => customer.PreviewAsync(request), cancellation);

    private static List<List<int>> Group(IReadOnlyList<Touchpoint?> touchpoints)
    {
        var groups = new List<List<int>>();
        var byCustomer = new Dictionary<string, List<int>>(StringComparer.Ordinal);
        for (var i = 0; i < touchpoints.Count; i++)
        {
            if (touchpoints[i] is not { } touchpoint)
            {
                continue;
            }

            var customerId = touchpoint.CustomerId ?? "";
            if (!byCustomer.TryGetValue(customerId, out var indexes))
            {
                byCustomer.Add(customerId, indexes = []);
                groups.Add(indexes);
            }

            indexes.Add(i);
        }

        return groups;
    }

    /// <summary>As a batch on one node: a part that did not get in is rejected by index; when none did, the batch is refused.</summary>
    private static async ValueTask<Reply<IngestAnswer>> MergeAsync(List<(List<int> Indexes, Task<Reply<IngestAnswer>> Reply)> replies)
    {
        int accepted = 0, duplicates = 0, unprotected = 0;
        var rejected = new List<RejectedTouchpoint>();
        Refusal? refusal = null;
        foreach (var (indexes, pending) in replies)
        {
            var reply = await pending;
            if (reply.Value is not { } answer)
            {
                refusal = reply.Refusal;
                rejected.AddRange(indexes.Select(index => new RejectedTouchpoint(index, ErrorsOfOutage)));
                continue;
            }

            accepted += answer.Accepted;
            duplicates += answer.Duplicates;
            unprotected += answer.Unprotected;
            rejected.AddRange(answer.Rejected.Select(one => one with { Index = indexes[one.Index] }));
        }

        if (refusal is not null && accepted + duplicates == 0)
        {
            return refusal;
        }

        rejected.Sort((left, right) => left.Index.CompareTo(right.Index));
        return new IngestAnswer(accepted, duplicates, unprotected, rejected);
    }

    /// <summary>A touchpoint without a message id would count twice if it were sent again.</summary>
    private ValueTask<Reply<IngestAnswer>> SendAsync(TouchpointBatch batch, CancellationToken cancellation)
    {
        var customer = Customer(batch.Touchpoints[0].CustomerId);
        return AskAsync(
            customer,
            batch,
            static (customer, batch) => customer.IngestAsync(batch),
            cancellation,
            mayRepeat: Array.TrueForAll(batch.Touchpoints, static touchpoint => touchpoint.MessageId is not null));
    }

    private ValueTask<Reply<T>> AskAsync<T>(
        string customerId, Func<ICustomerGrain, ValueTask<GrainReply<T>>> ask, CancellationToken cancellation)
        where T : class =>
        edge.Desk is not null ? AskAsync(Customer(customerId), ask, static (customer, ask) => ask(customer), cancellation) : new(Starting());

    /// <summary>
    /// Asks, and asks again when the silo was lost on the way and a repeat is safe. A cancelled token ends the waiting, wherever the call is under way; the
    /// work goes on there.
    /// </summary>
    private static async ValueTask<Reply<T>> AskAsync<TGrain, TRequest, T>(
        TGrain grain, TRequest request, Func<TGrain, TRequest, ValueTask<GrainReply<T>>> ask, CancellationToken cancellation, bool mayRepeat = true)
        where T : class
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                var pending = ask(grain, request);
                var reply = pending.IsCompleted || !cancellation.CanBeCanceled ? await pending : await pending.AsTask().WaitAsync(cancellation);
                return reply.ToReply();
            }
            catch (Exception lost) when (LostCalls.IsLost(lost) && !cancellation.IsCancellationRequested)
            {
                if (!mayRepeat || attempt == MostRepeats)
                {
                    return Lost();
                }
            }

            await Task.Delay(TimeSpan.FromTicks(Math.Min(FirstPause.Ticks << attempt, LongestPause.Ticks)), cancellation);
        }
    }

    /// <param name="customerId">Whoever has none is refused like any wrong one: by the engine that it comes to.</param>
    private ICustomerGrain Customer(string? customerId) => _customers.Of(edge.KeyOf(customerId ?? ""));

    private static Refusal Lost() => new(
        RefusalKind.Unavailable, "the silo that has this cannot be reached; repeat it with the same id", RetryAfter: TimeSpan.FromSeconds(1));

    private static Refusal Starting() => new(RefusalKind.Unavailable, "this silo is starting", RetryAfter: TimeSpan.FromSeconds(1));
}
