using PmOrleans.Node.Embedded;
using PmOrleans.Node.Retention;
using PmOrleans.Node.Tests.Embedded;
using PmOrleans.Node.Verification;

namespace PmOrleans.Node.Tests.Walk;

/// <summary>A data folder; after a kill another one, with the files as they were.</summary>
internal sealed class WalkFolder : WalkNode
{
    private AttackFolder _folder = new();

    protected override EmbeddedNodeOptions Options => new() { DataFolder = _folder.Path };

    public override async Task KillAsync(Task underWay)
    {
        var killed = _folder.AsKilled();
        await underWay;
        await CloseAsync();
        _folder.Dispose();
        _folder = killed;
    }

    public override Task<LogCutReport> CutAsync(DateTimeOffset before) => LogCutter.CutAsync(new LogCutOptions { Folder = _folder.Path, Before = before, RecordsTogether = 40 });

    protected override Task<VerificationReport> VerifyStoreAsync() => StoreVerifier.VerifyAsync(_folder.Path);

    protected override void Drop() => _folder.Dispose();
}
