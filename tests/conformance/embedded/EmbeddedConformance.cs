using PmOrleans.Node.Embedded;
using PmOrleans.Node.Port;
using PmOrleans.Node.Verification;

namespace PmOrleans.Conformance;

public sealed class EmbeddedConformance() : NodeConformance(new EmbeddedHost());

internal sealed class EmbeddedHost : IHostUnderTest
{
    private EmbeddedNode? _node;

    public async Task<IDecisionNode> OpenAsync(string folder) => _node = await EmbeddedNode.OpenAsync(new EmbeddedNodeOptions { DataFolder = folder });

    public async Task CloseAsync() => await _node!.DisposeAsync();

    public Task<VerificationReport> VerifyAsync(string folder) => StoreVerifier.VerifyAsync(folder);
}
