using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Orleans.Configuration;
using PmOrleans.GrainInterfaces.Serialization;
using PmOrleans.Grains;
using PmOrleans.Grains.Cluster;
using PmOrleans.Grains.Hosting;
using PmOrleans.Node.Port;
using PmOrleans.Node.Tests.Log;
using PmOrleans.Node.Verification;

namespace PmOrleans.Conformance;

/// <summary>Three silos and a gateway without one over one PostgreSQL schema, in this process; every call goes to the next of the four.</summary>
/// <param name="server">One that a test mistreats; otherwise that of all tests.</param>
internal sealed class ThreeSilos(PostgresServer? server = null) : IHostUnderTest
{
    private static int _schemas;
    private readonly PostgresCluster _cluster = new((server ?? PostgresServer.Shared).ConnectionString, $"cluster_{Interlocked.Increment(ref _schemas)}");
    private IReadOnlyList<IHost> _silos = [];
    private IHost? _gateway;
    private IHost? _listener;

    /// <summary>Of the three silos.</summary>
    public GrainErrors Errors { get; } = new();

    public async Task<IDecisionNode> OpenAsync(string folder)
    {
        // All at once: whoever comes first makes the tables.
        _silos = await Task.WhenAll(Enumerable.Range(1, 3).Select(StartAsync));
        _gateway = await StartGatewayAsync();
        return InTurn.Of([.. _silos.Append(_gateway).Select(host => host.Services.GetRequiredService<IDecisionNode>())]);
    }

    public async Task CloseAsync()
    {
        await _gateway!.StopAsync();
        _gateway.Dispose();
        await Task.WhenAll(_silos.Select(silo => silo.StopAsync()));
        foreach (var silo in _silos)
        {
            silo.Dispose();
        }

        if (_listener is not null)
        {
            await _listener.StopAsync();
            _listener.Dispose();
        }
    }

    /// <summary>Before the three, a member that has none of their grains: the silo of somebody who listens to streams. It is the first by name.</summary>
    public async Task AddListenerAsync()
    {
        await _cluster.EnsureTablesAsync();
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo =>
        {
            _cluster.Join(silo, IPAddress.Loopback, LoopbackPort.Next(), clientPort: 0);
            silo.Configure<SiloOptions>(names => names.SiloName = "a-listener");
            silo.Services.AddCoreSerialization();
            silo.Services.PostConfigure<GrainTypeOptions>(types => types.Classes.RemoveWhere(type => type.Assembly == typeof(ClusterNode).Assembly));
        });
        _listener = builder.Build();
        await _listener.StartAsync();
    }

    public Task<VerificationReport> VerifyAsync(string folder) => StoreVerifier.VerifyPostgresAsync(_cluster.ConnectionString, _cluster.Schema);

    /// <summary>In the store's schema.</summary>
    public async Task ExecuteAsync(string sql)
    {
        await using var data = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(_cluster.ConnectionString) { SearchPath = _cluster.Schema });
        await using var command = data.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private async Task<IHost> StartGatewayAsync()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        IHost? host = null;
        IGrainFactory Grains() => host!.Services.GetRequiredService<IGrainFactory>();
        var edge = new GatewayEdge(_cluster, Grains);
        builder.AddClusterGateway(_cluster, edge);
        builder.Services.AddSingleton<IDecisionNode>(new ClusterNode(edge, Grains));
        host = builder.Build();
        await host.StartAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (edge.Desk is null)
        {
            await Task.Delay(10, limit.Token);
        }

        return host;
    }

    private async Task<IHost> StartAsync(int number)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders().AddProvider(Errors);
        builder.UseOrleans(silo => _cluster.Join(silo, IPAddress.Loopback, LoopbackPort.Next(), LoopbackPort.Next())
            .AddDecisionNode(new SiloNodeOptions { Cluster = _cluster, NodeName = $"silo-{number}" }));
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }
}
