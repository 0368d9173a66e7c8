using Orleans.Concurrency;
using Orleans.Placement;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.GrainInterfaces;
using PmOrleans.Node.Port;

namespace PmOrleans.Grains.Customers;

/// <summary>
/// Where a customer is: the engine of the silo this is activated on has the customer's cell, and the commands are the same as in every host. Reentrant, so
/// that a hot customer pipelines: each command folds under the cell's lock, without waiting, and only its answer waits for the commit.
/// </summary>
/// <remarks>Two activations at once cannot both write: the customer's sequence lets one of them through, and the other loads again.</remarks>
[Reentrant]
[PreferLocalPlacement]
internal sealed class CustomerGrain(IGrainContext context, NodeHandle node) : IGrainBase, ICustomerGrain
{
    public IGrainContext GrainContext => context;

    private UInt128 IdHash => CustomerKeys.ToHash(context.GrainId.GetGuidKey());

    public async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (node.Engine is { } engine)
        {
            await engine.ReleaseAsync(IdHash);
        }
    }

    public async ValueTask<GrainReply<DecisionAnswer>> DecideAsync(DecisionRequest request)
    {
        var engine = await node.GetAsync();
        return GrainReply<DecisionAnswer>.From(await engine.DecideAsync(request));
    }

    public async ValueTask<GrainReply<IngestAnswer>> IngestAsync(TouchpointBatch batch)
    {
        var engine = await node.GetAsync();
        return GrainReply<IngestAnswer>.From(await engine.IngestAsync(batch.Touchpoints));
    }

    public async ValueTask<GrainReply<CustomerView>> ReadAsync(string customerId)
    {
        var engine = await node.GetAsync();
        return GrainReply<CustomerView>.From(await engine.ReadCustomerAsync(customerId));
    }

    public async ValueTask<GrainReply<PreviewView>> PreviewAsync(PreviewRequest request)
    {
        var engine = await node.GetAsync();
        return GrainReply<PreviewView>.From(await engine.PreviewAsync(request));
    }

    public async ValueTask<GrainReply<Erased>> EraseAsync(string customerId)
    {
        var engine = await node.GetAsync();
        return GrainReply<Erased>.From(await engine.EraseAsync(customerId));
    }

    public async ValueTask WakeAsync()
    {
        var engine = await node.GetAsync();
        await engine.WakeAsync(IdHash);
    }
}
