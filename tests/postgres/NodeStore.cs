using PmOrleans.Node.Embedded;
using PmOrleans.Node.Verification;

namespace PmOrleans.Node.Tests.Log;

/// <summary>A PostgreSQL store of one process, with a catalog.</summary>
internal sealed class NodeStore : IDisposable
{
    private const string Catalog = """
        catalog: { currency: EUR, capHold: 15m }
        policies:
          default:
            goal: { on: click, within: 30m }
            exploration: { kind: epsilonGreedy, epsilon: 0.5, floor: 0.1 }
        placements:
          p: { channel: web, slots: 3, fallback: { offer: f, content: {} } }
        campaigns:
          c:
            caps:
              - { event: decision, limit: 3, within: 1d, per: campaign }
            offers:
              a: { placements: [p], value: 10, content: {} }
              b: { placements: [p], value: 10, content: {} }
        """;

    private readonly string _catalog = Directory.CreateTempSubdirectory("pmorleans-catalog-").FullName;

    public NodeStore(string catalog = Catalog, string? connectionString = null)
    {
        Schema = connectionString is null ? new TestSchema() : new TestSchema(connectionString);
        File.WriteAllText(Path.Combine(_catalog, "catalog.yaml"), catalog);
    }

    public TestSchema Schema { get; }

    public EmbeddedNodeOptions Options => new() { CatalogFolder = _catalog, Postgres = Schema.Options };

    public Task<EmbeddedNode> OpenAsync() => EmbeddedNode.OpenAsync(Options);

    public async Task<VerificationReport> AssertCleanAsync()
    {
        var report = await StoreVerifier.VerifyPostgresAsync(Schema.Options.ConnectionString, Schema.Name);
        Assert.True(report.IsClean, report.ToText());
        return report;
    }

    public void Dispose()
    {
        Schema.Dispose();
        Directory.Delete(_catalog, recursive: true);
    }
}
