using PmOrleans.Node.Embedded;
using PmOrleans.Node.Retention;
using PmOrleans.Node.Tests.Log;
using PmOrleans.Node.Verification;

namespace PmOrleans.Node.Tests.Walk;

/// <summary>A schema of the shared server; a killed node's epoch is sealed, so that it writes nothing any more.</summary>
internal sealed class WalkSchema : WalkNode
{
    private readonly TestSchema _schema = new();

    protected override EmbeddedNodeOptions Options => new() { Postgres = _schema.Options };

    public override async Task KillAsync(Task underWay)
    {
        _schema.Seal(Open.Log.Epoch);
        await underWay;
        await CloseAsync();
    }

    public override Task<LogCutReport> CutAsync(DateTimeOffset before) => ClusterLogCutter.CutAsync(new PostgresCutOptions
    {
        ConnectionString = _schema.Options.ConnectionString,
        Schema = _schema.Name,
        Before = before,
        RecordsTogether = 40,
    });

    protected override Task<VerificationReport> VerifyStoreAsync() => StoreVerifier.VerifyPostgresAsync(_schema.Options.ConnectionString, _schema.Name);

    protected override void Drop() => _schema.Dispose();
}
