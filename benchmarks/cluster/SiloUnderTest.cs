using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using PmOrleans.Grains.Cluster;
using PmOrleans.Grains.Hosting;
using PmOrleans.Node.Log;
using PmOrleans.Node.Port;
using PmOrleans.Node.Tests.Log;

namespace PmOrleans.ClusterBenchmarks;

/// <summary>Where a silo's log is.</summary>
internal enum Store
{
    /// <summary>SQLite, answered before it is written: what the rest costs.</summary>
    Uncommitted,
    Sqlite,
    Postgres,
}

/// <summary>One silo in this process.</summary>
internal sealed class SiloUnderTest : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pmorleans-bench-").FullName;
    private readonly PostgresServer? _server;
    private readonly IHost _host;

    private SiloUnderTest(Store store, string catalog)
    {
        _server = store == Store.Postgres ? new PostgresServer() : null;
        var port = FreePort();
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo => silo
            .UseLocalhostClustering(port, gatewayPort: 0, new IPEndPoint(IPAddress.Loopback, port), "pmorleans", "pmorleans")
            .AddDecisionNode(new SiloNodeOptions
            {
                DataFolder = _folder,
                Cluster = _server is null ? null : new PostgresCluster(_server.ConnectionString),
                CatalogFolder = catalog,
                Commit = store == Store.Uncommitted ? CommitMode.Async : CommitMode.Sync,
                MaxQueuedBytes = 256 << 20,
                MaxQueueWait = TimeSpan.FromSeconds(30),
            }));
        _host = builder.Build();
    }

    public IDecisionNode Node => _host.Services.GetRequiredService<IDecisionNode>();

    public IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();

    public static async Task<SiloUnderTest> StartAsync(Store store, string catalog)
    {
        var silo = new SiloUnderTest(store, catalog);
        await silo._host.StartAsync();
        while (silo.Node.NotReadyReasons.Count > 0)
        {
            await Task.Delay(10);
        }

        return silo;
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
        NpgsqlConnection.ClearAllPools();
        _server?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
