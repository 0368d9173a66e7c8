using PmOrleans.Node.Embedded;
using PmOrleans.Node.Log;
using PmOrleans.Node.Publishing;
using PmOrleans.Node.Time;

namespace PmOrleans.Gateway.Hosting;

/// <summary>The one place where the embedded host is opened.</summary>
internal static class EmbeddedNodeService
{
    /// <exception cref="StartException">The store is in use or unusable, or the catalog that was to seed it has errors.</exception>
    public static async Task<OpenedNode> OpenAsync(GatewayOptions options)
    {
        var logs = LoggerFactory.Create(logging => logging.ConfigureGatewayLogs(options));
        try
        {
            var node = await OpenAsync(options, new RetentionLog(logs.CreateLogger<RetentionLog>()), new SeedLog(logs.CreateLogger<SeedLog>()));
            return new OpenedNode(node, logs);
        }
        catch
        {
            logs.Dispose();
            throw;
        }
    }

    private static async Task<EmbeddedNode> OpenAsync(GatewayOptions options, RetentionLog retention, SeedLog seed)
    {
        var settings = new EmbeddedNodeOptions
        {
            DataFolder = options.DataFolder,
            Postgres = options.Connection is { } connection ? new PostgresLogOptions { ConnectionString = connection, Node = "gateway" } : null,
            CatalogFolder = options.CatalogFolder,
            OnSeeded = seed.Report,
            Commit = options.AsyncCommit ? CommitMode.Async : CommitMode.Sync,
            MaxQueuedBytes = Math.Max(1 << 20, options.MaxInflightBytes),
            MaxQueueWait = TimeSpan.FromMilliseconds(options.MaxWaitMs),
            RefoldsPerSecond = options.RefoldsPerSecond,
            RefoldThreads = options.RefoldThreads,
            Retention = RetentionLog.OptionsOf(options, retention.Report),
        };
        try
        {
            return await EmbeddedNode.OpenAsync(settings, options.SimulatedClock ? new SimulatedClock(DateTimeOffset.UnixEpoch) : TimeProvider.System);
        }
        catch (CatalogRejectedException wrong)
        {
            throw new StartException($"an empty store cannot be seeded: {wrong.Message}", wrong);
        }
        catch (Exception failed) when (failed is NodeLogException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            var store = options.Connection is null ? $"data folder {Path.GetFullPath(options.DataFolder)}" : "PostgreSQL store";
            throw new StartException($"cannot open the {store}: {failed.Message}", failed);
        }
    }
}
