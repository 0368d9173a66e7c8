using Orleans.Concurrency;
using PmOrleans.GrainInterfaces;

namespace PmOrleans.Grains.Desk;

/// <summary>This silo's engine, for gateways that have none.</summary>
[StatelessWorker(1)]
[Reentrant]
internal sealed class DeskGrain(NodeHandle node) : Grain, IDeskGrain
{
    public async ValueTask<DeskReply> AskAsync(string member, byte[] arguments)
    {
        var call = DeskCall.Find(member) ?? throw new ArgumentException($"The port has no member '{member}'.", nameof(member));
        return await call.AnswerAsync(await node.GetAsync(), arguments);
    }

    public ValueTask<string[]> ReadinessAsync() => new(node.Engine is { } engine ? [.. engine.NotReadyReasons] : ["starting"]);
}
