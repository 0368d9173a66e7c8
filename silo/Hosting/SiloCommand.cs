using PmOrleans.Gateway;
using PmOrleans.Gateway.Hosting;
using PmOrleans.Grains;
using PmOrleans.Grains.Cluster;
using PmOrleans.Grains.Hosting;
using PmOrleans.Node.Log;
using PmOrleans.Node.Publishing;

namespace PmOrleans.Silo.Hosting;

/// <summary>Starts the silo and the edge in one process and serves until told to stop.</summary>
internal static class SiloCommand
{
    public static async Task<int> RunAsync(IReadOnlyDictionary<string, string> given, CancellationToken cancellation)
    {
        var environment = Environment.GetEnvironmentVariables();
        var settings = SiloSettings.Read(given, environment);
        var own = SiloSettings.All.Select(setting => setting.Name).ToHashSet(StringComparer.Ordinal);
        var edge = SettingsReader.Read(
            given.Where(pair => !own.Contains(pair.Key)).ToDictionary(StringComparer.Ordinal),
            environment,
            Path.Combine(Environment.CurrentDirectory, "appsettings.json"));
        if (edge.SimulatedClock)
        {
            throw new StartException("--clock is 'simulated'; allowed for a silo: system");
        }

        await using var app = await StartAsync(settings, edge, cancellation);
        await StartBanner.WriteAsync(Console.Out, edge, app.Urls, app.Services.GetRequiredService<Node.Port.IDecisionNode>());
        await app.WaitForShutdownAsync(cancellation);
        return 0;
    }

    private static async Task<WebApplication> StartAsync(SiloSettings settings, GatewayOptions edge, CancellationToken cancellation)
    {
        // The edge knows the port before there is a silo; it answers 503 until the node is up.
        var handle = new NodeHandle();
        WebApplication? app = null;
        var node = new ClusterNode(handle, () => app!.Services.GetRequiredService<IGrainFactory>());
        app = GatewayApp.Build(edge, node, builder =>
        {
            builder.Services.AddSingleton(handle);
            builder.Logging.AddFilter("Orleans", LogLevel.Error);
            builder.Logging.AddFilter("Polly", LogLevel.Warning);
            builder.UseOrleans(silo => silo.UseCluster(settings, ClusterOf(edge)).AddDecisionNode(Options(settings, edge)));
        });
        try
        {
            await app.StartAsync(cancellation);
            return app;
        }
        catch (Exception failed) when (Told(failed) is { } reason)
        {
            await app.DisposeAsync();
            throw new StartException($"silo {settings.Node} cannot start: {reason}", failed);
        }
    }

    private static PostgresCluster? ClusterOf(GatewayOptions edge) => edge.Connection is { } connection ? new PostgresCluster(connection) : null;

    private static SiloNodeOptions Options(SiloSettings settings, GatewayOptions edge) => new()
    {
        DataFolder = edge.DataFolder,
        Cluster = ClusterOf(edge),
        CatalogFolder = edge.CatalogFolder,
        Commit = edge.AsyncCommit ? CommitMode.Async : CommitMode.Sync,
        MaxQueuedBytes = Math.Max(1 << 20, edge.MaxInflightBytes),
        MaxQueueWait = TimeSpan.FromMilliseconds(edge.MaxWaitMs),
        NodeName = settings.Node,
    };

    /// <summary>What an operator can do something about, in one line.</summary>
    private static string? Told(Exception failed) => failed switch
    {
        NodeLogException or CatalogRejectedException or IOException or UnauthorizedAccessException or System.Net.Sockets.SocketException => failed.Message,
        { InnerException: { } inner } => Told(inner),
        _ => null,
    };
}
