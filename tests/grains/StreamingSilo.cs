using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Streams;
using PmOrleans.Conformance;
using PmOrleans.GrainInterfaces.Streams;
using PmOrleans.Grains.Cluster;
using PmOrleans.Grains.Hosting;
using PmOrleans.Node.Port;

namespace PmOrleans.Grains.Tests;

/// <summary>One silo in this process, over a folder of its own, with streams.</summary>
internal sealed class StreamingSilo : IAsyncDisposable
{
    public const string Catalog = """
        catalog: { currency: EUR }
        policies:
          default:
            goal: { on: click, within: 30m }
            exploration: { kind: epsilonGreedy, epsilon: 0.5, floor: 0.1 }
        metrics:
          views: count(view) over 1d
        segments:
          viewers: { rule: metrics.views > 0 }
        placements:
          p: { channel: web, slots: 1, fallback: { offer: f, content: {} } }
        campaigns:
          c:
            offers:
              a: { placements: [p], value: 10, content: {} }
              b: { placements: [p], value: 10, content: {} }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("pmorleans-streams-").FullName;
    private readonly IHost _host;

    private StreamingSilo(PostgresCluster? cluster)
    {
        var catalog = Directory.CreateDirectory(Path.Combine(_folder, "catalog")).FullName;
        File.WriteAllText(Path.Combine(catalog, "catalog.yaml"), Catalog);
        var port = LoopbackPort.Next();
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo => silo
            .UseLocalhostClustering(port, gatewayPort: 0, new IPEndPoint(IPAddress.Loopback, port), "pmorleans", "pmorleans")
            .AddDecisionNode(new SiloNodeOptions { DataFolder = Path.Combine(_folder, "data"), Cluster = cluster, CatalogFolder = catalog, Streams = true }));
        _host = builder.Build();
    }

    public IDecisionNode Node => _host.Services.GetRequiredService<IDecisionNode>();

    public IStreamProvider Streams => _host.Services.GetRequiredKeyedService<IStreamProvider>(StreamNames.Provider);

    /// <param name="cluster">The database that holds its log; none: a folder of its own.</param>
    public static async Task<StreamingSilo> StartAsync(PostgresCluster? cluster = null)
    {
        StreamListener.Instance = new StreamListener();
        var silo = new StreamingSilo(cluster);
        await silo._host.StartAsync();
        await silo.UntilAsync(() => ValueTask.FromResult<IDecisionNode?>(silo.Node), node => node!.NotReadyReasons.Count == 0);
        return silo;
    }

    public async ValueTask<T?> UntilAsync<T>(Func<ValueTask<T?>> ask, Func<T?, bool> holds)
        where T : class
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        while (true)
        {
            var found = await ask();
            if (holds(found))
            {
                return found;
            }

            await Task.Delay(10, timeout.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
