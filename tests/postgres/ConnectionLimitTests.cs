using Npgsql;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Engine;
using PmOrleans.Node.Log;

namespace PmOrleans.Node.Tests.Log;

/// <summary>A server that has fewer connections for a node than it would take.</summary>
public sealed class ConnectionLimitTests
{
    private const string Catalog = """
        catalog: { currency: EUR }
        placements:
          p: { channel: web, slots: 1, fallback: { offer: f, content: {} } }
        """;

    [LogFact]
    public async Task reads_that_the_server_has_no_connection_for_wait_for_those_it_has()
    {
        using var server = new PostgresServer();
        using var owner = new TestSchema(server.ConnectionString);
        await using var log = await OpenAsync(owner, limit: 3);
        Assert.Null(await log.AppendAsync(TestRecord.Of(1, 1)));

        var found = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Run(() => log.Reader.ReadCustomer(TestRecord.Key(1), 0, 1).Count)));

        Assert.All(found, count => Assert.Equal(1, count));
    }

    [LogFact]
    public async Task a_node_that_can_read_no_customers_says_so_until_it_can()
    {
        using var server = new PostgresServer();
        using var owner = new TestSchema(server.ConnectionString);
        var catalog = Directory.CreateTempSubdirectory("pmorleans-catalog-").FullName;
        await File.WriteAllTextAsync(Path.Combine(catalog, "catalog.yaml"), Catalog);
        await using var node = await NodeEngine.StartAsync(await OpenAsync(owner, limit: 30), new NodeEngineOptions { CatalogFolder = catalog }, TimeProvider.System);
        Assert.Null((await ViewAsync(node)).Refusal);

        // All but the writer, who holds the store's lock, are gone and get no other.
        owner.Execute("ALTER ROLE limited CONNECTION LIMIT 1");
        owner.Execute("SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity a WHERE usename='limited' AND NOT EXISTS(SELECT 1 FROM pg_locks l WHERE l.pid=a.pid AND locktype='advisory')");
        await ViewUntilAsync(node, reply => reply.Refusal is not null && node.NotReadyReasons.Any(reason => reason.Contains("too many connections", StringComparison.Ordinal)));
        Assert.Contains("customers cannot be read", node.NotReadyReasons, StringComparer.Ordinal);
        owner.Execute("ALTER ROLE limited CONNECTION LIMIT 30");
        await ViewUntilAsync(node, reply => reply.Refusal is null);

        Assert.Empty(node.NotReadyReasons);
        Directory.Delete(catalog, recursive: true);
    }

    /// <summary>Has the customer read anew each time: of each connection that was ended one read finds out.</summary>
    private static async Task ViewUntilAsync(NodeEngine node, Predicate<Port.Reply<Port.IngestAnswer>> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        do
        {
            limit.Token.ThrowIfCancellationRequested();
            await node.ReleaseAsync(node.KeyOf("c"));
        }
        while (!holds(await ViewAsync(node)));
    }

    private static ValueTask<Port.Reply<Port.IngestAnswer>> ViewAsync(NodeEngine node) => node.IngestAsync([new Touchpoint { CustomerId = "c", Type = "view" }]);

    private static Task<PostgresNodeLog> OpenAsync(TestSchema owner, int limit)
    {
        owner.Execute($"CREATE ROLE limited LOGIN CONNECTION LIMIT {limit}; GRANT CREATE ON DATABASE postgres TO limited");
        var limited = new NpgsqlConnectionStringBuilder(owner.Options.ConnectionString) { Username = "limited" };
        return PostgresNodeLog.OpenAsync(owner.Options with { ConnectionString = limited.ConnectionString, Schema = "limited" });
    }
}
