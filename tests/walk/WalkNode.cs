using PmOrleans.Node.Embedded;
using PmOrleans.Node.Engine;
using PmOrleans.Node.Port;
using PmOrleans.Node.Retention;
using PmOrleans.Node.Verification;

namespace PmOrleans.Node.Tests.Walk;

/// <summary>One node in this process.</summary>
internal abstract class WalkNode : IWalkHost
{
    private EmbeddedNode? _node;

    public IDecisionNode Node => Open;

    public bool IsFolded => Open.Refolding.IsDone;

    protected EmbeddedNode Open => _node ?? throw new InvalidOperationException("It is not open.");

    protected abstract EmbeddedNodeOptions Options { get; }

    public async Task OpenAsync(Func<NodeEngineOptions, NodeEngineOptions> settings, TimeProvider time) =>
        _node ??= await EmbeddedNode.OpenAsync((EmbeddedNodeOptions)settings(Options), time);

    public async Task CloseAsync()
    {
        if (_node is { } node)
        {
            _node = null;
            await node.DisposeAsync();
        }
    }

    public async Task<VerificationReport> VerifyAsync()
    {
        await CloseAsync();
        return await VerifyStoreAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        Drop();
    }

    public abstract Task KillAsync(Task underWay);

    public abstract Task<LogCutReport> CutAsync(DateTimeOffset before);

    protected abstract Task<VerificationReport> VerifyStoreAsync();

    /// <summary>The store is needed no more.</summary>
    protected abstract void Drop();
}
