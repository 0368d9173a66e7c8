using Orleans.Concurrency;
using Orleans.Placement;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.GrainInterfaces;
using PmOrleans.Grains.Hosting;
using PmOrleans.Node.Engine;
using PmOrleans.Node.Log;
using PmOrleans.Node.Port;

namespace PmOrleans.Grains.Customers;

/// <summary>
/// Where a customer is: the engine of the silo this is activated on has the customer's cell, and the commands are the same as in every host. Reentrant, so
/// that a hot customer pipelines: each command folds under the cell's lock, without waiting, and only its answer waits for the commit. The grain of an alias hands
/// on to the grain of the id that the customer lives under, so that a customer is in one place by whatever id it is called.
/// </summary>
/// <remarks>Two activations at once cannot both write: the customer's sequence lets one of them through, and the other loads again.</remarks>
[Reentrant]
[PreferLocalPlacement]
internal sealed class CustomerGrain(IGrainContext context, IGrainFactory grains, NodeHandle node, SiloNodeOptions silo) : IGrainBase, ICustomerGrain
{
    private readonly UInt128 _idHash = CustomerKeys.ToHash(context.GrainId.GetGuidKey());

    public IGrainContext GrainContext => context;

    public async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (node.Engine is { } engine)
        {
            await engine.ReleaseAsync(_idHash);
        }
    }

    public ValueTask<GrainReply<DecisionAnswer>> DecideAsync(DecisionRequest request) =>
        node.Engine is { } engine && engine.IsHome(_idHash) ? SignAsync(engine.DecideAsync(request)) : FindAndDecideAsync(request);

    public ValueTask<GrainReply<IngestAnswer>> IngestAsync(TouchpointBatch batch) =>
        node.Engine is { } engine && engine.IsHome(_idHash) ? SignAsync(engine.IngestAsync(batch.Touchpoints)) : FindAndIngestAsync(batch);

    public async ValueTask<GrainReply<CustomerView>> ReadAsync(string customerId)
    {
        var engine = await node.GetAsync();
        return await HomeAsync(engine) is { } home
            ? await home.ReadAsync(customerId)
            : GrainReply<CustomerView>.From(await engine.ReadCustomerAsync(customerId));
    }

    public async ValueTask<GrainReply<PreviewView>> PreviewAsync(PreviewRequest request)
    {
        var engine = await node.GetAsync();
        return await HomeAsync(engine) is { } home
            ? await home.PreviewAsync(request)
            : GrainReply<PreviewView>.From(await engine.PreviewAsync(request));
    }

    public async ValueTask<GrainReply<Erased>> EraseAsync(string customerId)
    {
        var engine = await node.GetAsync();
        return await HomeAsync(engine) is { } home
            ? await home.EraseAsync(customerId)
            : GrainReply<Erased>.From(await engine.EraseAsync(customerId));
    }

    public async ValueTask<GrainReply<CustomerIds>> AddAliasAsync(string customerId, string alias)
    {
        var engine = await node.GetAsync();
        return await HomeAsync(engine) is { } home
            ? await home.AddAliasAsync(customerId, alias)
            : GrainReply<CustomerIds>.From(await engine.AddAliasAsync(customerId, alias));
    }

    public async ValueTask ForgetAsync()
    {
        var engine = await node.GetAsync();
        await engine.ForgetAsync(_idHash);
    }

    public async ValueTask WakeAsync()
    {
        var engine = await node.GetAsync();
        await (await HomeAsync(engine) is { } home ? home.WakeAsync() : engine.WakeAsync(_idHash));
    }

    public async ValueTask<bool> VisitAsync()
    {
        var engine = await node.GetAsync();
        return await (await HomeAsync(engine) is { } home ? home.VisitAsync() : engine.VisitAsync(_idHash));
    }

    /// <summary>What this silo's engine answers, under this silo's name.</summary>
    private async ValueTask<GrainReply<T>> SignAsync<T>(ValueTask<Reply<T>> pending)
        where T : class
    {
        var reply = await pending;
        return new GrainReply<T>(reply.Value, reply.Refusal) { Node = silo.NodeName };
    }

    private async ValueTask<GrainReply<DecisionAnswer>> FindAndDecideAsync(DecisionRequest request)
    {
        var engine = await node.GetAsync();
        return await (await HomeAsync(engine) is { } home ? home.DecideAsync(request) : SignAsync(engine.DecideAsync(request)));
    }

    private async ValueTask<GrainReply<IngestAnswer>> FindAndIngestAsync(TouchpointBatch batch)
    {
        var engine = await node.GetAsync();
        return await (await HomeAsync(engine) is { } home ? home.IngestAsync(batch) : SignAsync(engine.IngestAsync(batch.Touchpoints)));
    }

    /// <summary>The grain that the customer of this id is in; <c>null</c>: this one.</summary>
    private async ValueTask<ICustomerGrain?> HomeAsync(NodeEngine engine)
    {
        try
        {
            var home = await engine.HomeOfAsync(_idHash);
            return home == _idHash ? null : grains.GetGrain<ICustomerGrain>(CustomerKeys.ToGuid(home));
        }
        catch (NodeLogException)
        {
            // The command says so in its own way.
            return null;
        }
    }
}
