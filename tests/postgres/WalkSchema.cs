using PmOrleans.Node.Embedded;
using PmOrleans.Node.Retention;
using PmOrleans.Node.Tests.Log;
using PmOrleans.Node.Verification;

namespace PmOrleans.Node.Tests.Walk;

/// <summary>A schema of the shared server; a killed node's epoch is sealed, so that it writes nothing any more.</summary>
internal sealed class WalkSchema : IWalkStore
{
    private readonly TestSchema _schema = new();

    public EmbeddedNodeOptions Of(EmbeddedNodeOptions options) => options with { Postgres = _schema.Options };

    public async Task KillAsync(EmbeddedNode node, Task underWay)
    {
        _schema.Seal(node.Log.Epoch);
        await underWay;
        await node.DisposeAsync();
    }

    public Task<VerificationReport> VerifyAsync() => StoreVerifier.VerifyPostgresAsync(_schema.Options.ConnectionString, _schema.Name);

    public Task<LogCutReport> CutAsync(DateTimeOffset before) => ClusterLogCutter.CutAsync(new PostgresCutOptions
    {
        ConnectionString = _schema.Options.ConnectionString,
        Schema = _schema.Name,
        Before = before,
        RecordsTogether = 40,
    });

    public void Dispose() => _schema.Dispose();
}
