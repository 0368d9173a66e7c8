using PmOrleans.Gateway.Http;

namespace PmOrleans.Gateway.Hosting;

/// <summary>On a stop: lets nothing new in and waits, bounded, until what was accepted is finished. The server closes after that, then the node.</summary>
internal sealed partial class DrainOnStop(Drain drain, GatewayOptions options, TimeProvider time, ILogger<DrainOnStop> log) : IHostedLifecycleService
{
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        var empty = drain.Begin();
        Draining(drain.UnderWay);
        try
        {
            await empty.WaitAsync(TimeSpan.FromSeconds(options.DrainSeconds), time, cancellationToken);
        }
        catch (Exception given) when (given is TimeoutException or OperationCanceledException)
        {
            GivenUp(drain.UnderWay, options.DrainSeconds);
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(1, LogLevel.Information, "Stopping: nothing new is let in, {Count} requests are being finished.")]
    private partial void Draining(int count);

    [LoggerMessage(2, LogLevel.Warning, "Stopping: {Count} requests were not finished within {Seconds} s.")]
    private partial void GivenUp(int count, int seconds);
}
