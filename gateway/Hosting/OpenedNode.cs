using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Hosting;

/// <summary>A node and what must be closed when the process ends.</summary>
internal sealed record OpenedNode(IDecisionNode Node, IAsyncDisposable Owner) : IAsyncDisposable
{
    public ValueTask DisposeAsync() => Owner.DisposeAsync();
}
