using PmOrleans.Gateway;
using PmOrleans.Gateway.Hosting;
using PmOrleans.Grains;
using PmOrleans.Grains.Cluster;
using PmOrleans.Grains.Hosting;
using PmOrleans.Node.Log;
using PmOrleans.Node.Publishing;

namespace PmOrleans.Silo.Hosting;

/// <summary>Starts the silo, the edge, or both in one process and serves until told to stop.</summary>
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

        if (edge.RetainDays is not null && settings.Role == SiloRole.Gateway)
        {
            throw new StartException("--retain is set with --role gateway; silos cut the logs");
        }

        await using var app = settings.Role == SiloRole.Gateway ? await StartGatewayAsync(edge, cancellation) : await StartSiloAsync(settings, edge, cancellation);
        await (settings.Role switch
        {
            SiloRole.All => StartBanner.WriteAsync(Console.Out, edge, app.Urls, app.Services.GetRequiredService<Node.Port.IDecisionNode>()),
            SiloRole.Silo => Console.Out.WriteLineAsync($"Silo {settings.Node} runs; health and metrics on {string.Join(", ", app.Urls)}"),
            _ => Console.Out.WriteLineAsync($"PmOrleans listens on {string.Join(", ", app.Urls)}; the silos are those of the database"),
        });

        if (settings.Role != SiloRole.Silo)
        {
            StartBanner.WarnOfOpenDoors(app, edge);
        }

        await app.WaitForShutdownAsync(cancellation);
        return Environment.ExitCode;
    }

    private static Task<WebApplication> StartSiloAsync(SiloSettings settings, GatewayOptions edge, CancellationToken cancellation)
    {
        // The edge knows the port before there is a silo; it answers 503 until the node is up.
        var handle = new NodeHandle();
        WebApplication? app = null;
        var node = new ClusterNode(handle, () => app!.Services.GetRequiredService<IGrainFactory>());
        app = GatewayApp.Build(
            edge,
            node,
            builder =>
            {
                builder.Services.AddSingleton(handle);
                builder.Services.AddWarmUp();
                builder.Services.AddSingleton<RetentionLog>();
                builder.Services.AddSingleton<SeedLog>();
                Quieten(builder);

                // What ends a start is told in one line below; from then on these say what nobody else does.
                builder.Logging.AddFilter(
                    "Orleans.Runtime.Silo", level => level > LogLevel.Error || (level == LogLevel.Error && app is { Lifetime.ApplicationStarted.IsCancellationRequested: true }));

                // When all silos stop, the last have nobody to report to any more; whoever asked has been told.
                builder.Logging.AddFilter(
                    "Orleans.Messaging", level => level > LogLevel.Error || (level == LogLevel.Error && app is not { Lifetime.ApplicationStopping.IsCancellationRequested: true }));
                builder.UseOrleans(silo => silo.UseCluster(settings, ClusterOf(edge)).AddDecisionNode(
                    Options(settings, edge, () => app!.Services)));
            },
            settings.Role == SiloRole.Silo ? GatewayRoutes.MapSigns : null);
        return StartAsync(app, $"silo {settings.Node}", cancellation);
    }

    private static async Task<WebApplication> StartGatewayAsync(GatewayOptions edge, CancellationToken cancellation)
    {
        var cluster = ClusterOf(edge) ?? throw new StartException("--connection is missing; a gateway without a silo needs the database of the cluster");
        WebApplication? app = null;
        IGrainFactory Grains() => app!.Services.GetRequiredService<IGrainFactory>();
        var place = new GatewayEdge(cluster, Grains);
        app = GatewayApp.Build(edge, new ClusterNode(place, Grains), builder =>
        {
            Quieten(builder);
            builder.AddClusterGateway(cluster, place);
        });
        try
        {
            await cluster.EnsureTablesAsync(cancellation);
        }
        catch (Exception failed) when (Told(failed) is { } reason)
        {
            await app.DisposeAsync();
            throw new StartException($"the gateway cannot start: {reason}", failed);
        }

        return await StartAsync(app, "the gateway", cancellation);
    }

    private static void Quieten(WebApplicationBuilder builder)
    {
        builder.Logging.AddFilter("Orleans", LogLevel.Error);

        // Tells of each attempt to place a grain; who called is told of the last, and Orleans' own log.
        builder.Logging.AddFilter("Polly", LogLevel.None);
        builder.Logging.AddFilter("PmOrleans.Grains.Cluster.NodeService", LogLevel.Warning);
    }

    private static async Task<WebApplication> StartAsync(WebApplication app, string who, CancellationToken cancellation)
    {
        try
        {
            await app.StartAsync(cancellation);
            return app;
        }
        catch (Exception failed) when (Told(failed) is { } reason)
        {
            await app.DisposeAsync();
            throw new StartException($"{who} cannot start: {reason}", failed);
        }
        catch (Exception stopped) when (stopped is OperationCanceledException or OrleansLifecycleCanceledException
            && (app.Lifetime.ApplicationStopping.IsCancellationRequested || cancellation.IsCancellationRequested))
        {
            await app.DisposeAsync();
            throw new OperationCanceledException($"{who} was told to stop before it had started", stopped);
        }
    }

    private static PostgresCluster? ClusterOf(GatewayOptions edge) => edge.Connection is { } connection ? new PostgresCluster(connection) : null;

    private static SiloNodeOptions Options(SiloSettings settings, GatewayOptions edge, Func<IServiceProvider> services) => new()
    {
        DataFolder = edge.DataFolder,
        Cluster = ClusterOf(edge),
        CatalogFolder = edge.CatalogFolder,
        OnSeeded = warnings => services().GetRequiredService<SeedLog>().Report(warnings),
        Commit = edge.AsyncCommit ? CommitMode.Async : CommitMode.Sync,
        MaxQueuedBytes = Math.Max(1 << 20, edge.MaxInflightBytes),
        MaxQueueWait = TimeSpan.FromMilliseconds(edge.MaxWaitMs),
        RefoldsPerSecond = edge.RefoldsPerSecond,
        RefoldThreads = edge.RefoldThreads,
        Retention = RetentionLog.OptionsOf(edge, report => services().GetRequiredService<RetentionLog>().Report(report)),
        NodeName = settings.Node,
        Streams = settings.Streams,
    };

    /// <summary>What an operator can do something about, in one line.</summary>
    private static string? Told(Exception failed) => failed switch
    {
        NodeLogException or CatalogRejectedException or IOException or UnauthorizedAccessException or System.Net.Sockets.SocketException or Npgsql.NpgsqlException => failed.Message,
        { InnerException: { } inner } => Told(inner),
        _ => null,
    };
}
