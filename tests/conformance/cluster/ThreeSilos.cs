using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PmOrleans.Grains.Cluster;
using PmOrleans.Grains.Hosting;
using PmOrleans.Node.Port;
using PmOrleans.Node.Tests.Log;
using PmOrleans.Node.Verification;

namespace PmOrleans.Conformance;

/// <summary>Three silos over one PostgreSQL schema, in this process; every call goes to the next of them.</summary>
internal sealed class ThreeSilos : IHostUnderTest
{
    private static int _schemas;
    private readonly PostgresCluster _cluster = new(PostgresServer.Shared.ConnectionString, $"cluster_{Interlocked.Increment(ref _schemas)}");
    private IReadOnlyList<IHost> _silos = [];

    /// <summary>The silos that run, by number from 0.</summary>
    public IReadOnlyList<IHost> Silos => _silos;

    public PostgresCluster Cluster => _cluster;

    public async Task<IDecisionNode> OpenAsync(string folder)
    {
        // All at once: whoever comes first makes the tables.
        _silos = await Task.WhenAll(Enumerable.Range(1, 3).Select(StartAsync));
        return InTurn.Of([.. _silos.Select(silo => silo.Services.GetRequiredService<IDecisionNode>())]);
    }

    public async Task CloseAsync()
    {
        await Task.WhenAll(_silos.Select(silo => silo.StopAsync()));
        foreach (var silo in _silos)
        {
            silo.Dispose();
        }
    }

    public Task<VerificationReport> VerifyAsync(string folder) => StoreVerifier.VerifyPostgresAsync(_cluster.ConnectionString, _cluster.Schema);

    public async Task<IHost> StartAsync(int number)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo => _cluster.Join(silo, IPAddress.Loopback, FreePort(), clientPort: 0)
            .AddDecisionNode(new SiloNodeOptions { Cluster = _cluster, NodeName = $"silo-{number}" }));
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
