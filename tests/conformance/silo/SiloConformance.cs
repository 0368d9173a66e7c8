using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PmOrleans.Grains.Hosting;
using PmOrleans.Node.Port;
using PmOrleans.Node.Verification;

namespace PmOrleans.Conformance;

public sealed class SiloConformance() : NodeConformance(new OneSilo());

/// <summary>One silo, alone in its cluster, in this process.</summary>
internal sealed class OneSilo : IHostUnderTest
{
    private IHost? _host;

    public async Task<IDecisionNode> OpenAsync(string folder)
    {
        var port = LoopbackPort.Next();
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo => silo
            .UseLocalhostClustering(port, gatewayPort: 0, new IPEndPoint(IPAddress.Loopback, port), "pmorleans", "pmorleans")
            .AddDecisionNode(new SiloNodeOptions { DataFolder = folder }));
        _host = builder.Build();
        await _host.StartAsync();
        return _host.Services.GetRequiredService<IDecisionNode>();
    }

    public async Task CloseAsync()
    {
        await _host!.StopAsync();
        _host.Dispose();
    }

    public Task<VerificationReport> VerifyAsync(string folder) => StoreVerifier.VerifyAsync(folder);
}
