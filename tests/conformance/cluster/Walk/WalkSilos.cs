using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PmOrleans.Grains;
using PmOrleans.Grains.Cluster;
using PmOrleans.Grains.Hosting;
using PmOrleans.Node.Engine;
using PmOrleans.Node.Log;
using PmOrleans.Node.Port;
using PmOrleans.Node.Retention;
using PmOrleans.Node.Tests.Log;
using PmOrleans.Node.Tests.Walk;
using PmOrleans.Node.Verification;

namespace PmOrleans.Conformance.Walk;

/// <summary>Three silos over a schema of the shared server. A killed one's epoch is sealed, so that it writes nothing any more, and it goes without a word to the others.</summary>
internal sealed class WalkSilos : IWalkHost
{
    private const int Count = 3;

    /// <summary>Until the others have found out that a silo is gone, and have taken over what it had.</summary>
    private static readonly TimeSpan Recovers = TimeSpan.FromSeconds(30);
    private static int _schemas;

    private readonly PostgresCluster _cluster = new(PostgresServer.Shared.ConnectionString, $"walk_{Interlocked.Increment(ref _schemas)}");
    private readonly IHost?[] _silos = new IHost?[Count];
    private Func<NodeEngineOptions, NodeEngineOptions> _settings = static options => options;
    private TimeProvider _time = TimeProvider.System;
    private IDecisionNode? _node;
    private long? _killed;
    private int _turn;

    public IDecisionNode Node => _node ?? throw new InvalidOperationException("It is not open.");

    public bool HasQueue => true;

    public bool HasCatalog => Engines.All(engine => engine.NotReadyReasons.Count == 0);

    public bool IsFolded => Engines.All(engine => engine.Refolding.IsDone);

    public bool MayRefuse => _killed is { } at && Stopwatch.GetElapsedTime(at) < Recovers;

    private IEnumerable<IHost> Running => _silos.OfType<IHost>();

    private IEnumerable<NodeEngine> Engines => Running.Select(silo => silo.Services.GetRequiredService<NodeHandle>().Engine!);

    public async Task OpenAsync(Func<NodeEngineOptions, NodeEngineOptions> settings, TimeProvider time)
    {
        (_settings, _time) = (settings, time);
        await Task.WhenAll(Enumerable.Range(0, Count).Where(number => _silos[number] is null).Select(async number => _silos[number] = await StartAsync(number)));
        Ask(Running);
    }

    public async Task CloseAsync()
    {
        await Task.WhenAll(Enumerable.Range(0, Count).Where(number => _silos[number] is not null).Select(number => StopAsync(number, CancellationToken.None)));
        _node = null;
    }

    public async Task KillAsync(Task underWay)
    {
        var number = _turn++ % Count;
        var epoch = _silos[number]!.Services.GetRequiredService<NodeHandle>().Engine!.Epoch;
        await using (var store = await PostgresStore.OpenAsync(_cluster.ConnectionString, _cluster.Schema))
        {
            await store.SealAsync(NameOf(number), epoch);
        }

        _killed = Stopwatch.GetTimestamp();
        Ask(Running.Where(silo => silo != _silos[number]));
        await StopAsync(number, new CancellationToken(canceled: true));
        await underWay;
    }

    public async Task ReplaceAsync(Func<Task> meanwhile)
    {
        var number = _turn++ % Count;
        Ask(Running.Where(silo => silo != _silos[number]));
        var replaced = StopAsync(number, CancellationToken.None);
        await meanwhile();
        await replaced;
        await Task.WhenAll(OpenAsync(_settings, _time), meanwhile());
    }

    public async Task<VerificationReport> VerifyAsync()
    {
        await CloseAsync();
        return await StoreVerifier.VerifyPostgresAsync(_cluster.ConnectionString, _cluster.Schema);
    }

    public Task<LogCutReport> CutAsync(DateTimeOffset before) => ClusterLogCutter.CutAsync(new PostgresCutOptions
    {
        ConnectionString = _cluster.ConnectionString,
        Schema = _cluster.Schema,
        Before = before,
        RecordsTogether = 40,
    });

    public async ValueTask DisposeAsync() => await CloseAsync();

    private static string NameOf(int number) => $"silo-{number + 1}";

    private void Ask(IEnumerable<IHost> silos) => _node = InTurn.Of([.. silos.Select(silo => silo.Services.GetRequiredService<IDecisionNode>())]);

    private async Task<IHost> StartAsync(int number)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IFatalErrorHandler, DiesAlone>();
        builder.UseOrleans(silo => _cluster.Join(silo, IPAddress.Loopback, LoopbackPort.Next(), clientPort: 0)
            .AddDecisionNode((SiloNodeOptions)_settings(new SiloNodeOptions { Cluster = _cluster, NodeName = NameOf(number), Clock = _time })));
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }

    private async Task StopAsync(int number, CancellationToken cancellation)
    {
        var silo = _silos[number]!;
        _silos[number] = null;
        await silo.StopAsync(cancellation);
        silo.Dispose();
    }

    /// <summary>A silo that finds itself dead would end the process, and with it the others.</summary>
    private sealed class DiesAlone : IFatalErrorHandler
    {
        public bool IsUnexpected(Exception exception) => false;

        public void OnFatalException(object? sender = null, string? context = null, Exception? exception = null)
        {
        }
    }
}
