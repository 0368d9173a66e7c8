using PmOrleans.Node.Embedded;
using PmOrleans.Node.Retention;
using PmOrleans.Node.Tests.Embedded;
using PmOrleans.Node.Verification;

namespace PmOrleans.Node.Tests.Walk;

/// <summary>A data folder; after a kill another one, with the files as they were.</summary>
internal sealed class WalkFolder : IWalkStore
{
    private AttackFolder _folder = new();

    public EmbeddedNodeOptions Of(EmbeddedNodeOptions options) => options with { DataFolder = _folder.Path };

    public async Task KillAsync(EmbeddedNode node, Task underWay)
    {
        var killed = _folder.AsKilled();
        await underWay;
        await node.DisposeAsync();
        _folder.Dispose();
        _folder = killed;
    }

    public Task<VerificationReport> VerifyAsync() => StoreVerifier.VerifyAsync(_folder.Path);

    public Task<LogCutReport> CutAsync(DateTimeOffset before) => LogCutter.CutAsync(new LogCutOptions { Folder = _folder.Path, Before = before, RecordsTogether = 40 });

    public void Dispose() => _folder.Dispose();
}
