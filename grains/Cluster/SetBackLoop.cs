using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace PmOrleans.Grains.Cluster;

/// <summary>
/// Stops this process when the machine's clock was set back far: Orleans' collector of idle grains goes by that clock, and by one that is behind what the collector has seen
/// it refuses everybody who is not in memory until the clock has caught up. What starts anew goes by the new time.
/// </summary>
internal sealed partial class SetBackLoop : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    /// <summary>Below the quarter of an hour after which a grain is idle: from there on the collector refuses.</summary>
    private static readonly TimeSpan Most = TimeSpan.FromMinutes(10);

    private readonly TimeProvider _time;
    private readonly IHostApplicationLifetime? _host;
    private readonly ILogger<SetBackLoop> _logger;
    private readonly SteadyLoop _loop;
    private DateTimeOffset _latest;
    private bool _isTold;

    public SetBackLoop(TimeProvider time, IHostApplicationLifetime? host, ILogger<SetBackLoop> logger)
    {
        (_time, _host, _logger, _latest) = (time, host, logger, time.GetUtcNow());
        _loop = new SteadyLoop(Every, LookAsync, static _ => { });
    }

    public void Start() => _loop.Start();

    public ValueTask DisposeAsync() => _loop.DisposeAsync();

    internal Task LookAsync(CancellationToken cancellation)
    {
        var now = _time.GetUtcNow();
        if (now > _latest)
        {
            _latest = now;
        }
        else if (_latest - now > Most && !_isTold)
        {
            _isTold = true;
            SetBack((long)(_latest - now).TotalSeconds);
            Environment.ExitCode = 1;
            _host?.StopApplication();
        }

        return Task.CompletedTask;
    }

    [LoggerMessage(1, LogLevel.Critical, "This machine's clock was set back by {Seconds} s: this process stops, and goes by the new time when it is started again.")]
    private partial void SetBack(long seconds);
}
