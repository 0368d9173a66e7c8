using PmOrleans.Node.Embedded;

namespace PmOrleans.Gateway.Hosting;

/// <summary>A node and what must be closed when the process ends.</summary>
/// <param name="Logs">What the node tells operators goes there.</param>
internal sealed record OpenedNode(EmbeddedNode Node, ILoggerFactory Logs) : IAsyncDisposable
{
    public async ValueTask DisposeAsync()
    {
        await Node.DisposeAsync();
        Logs.Dispose();
    }
}
