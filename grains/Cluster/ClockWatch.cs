using Microsoft.Extensions.Logging;
using PmOrleans.Node.Log;

namespace PmOrleans.Grains.Cluster;

/// <summary>Holds this machine's clock against the database's, which all silos have in common, and says once when they differ and once when they agree again.</summary>
internal sealed partial class ClockWatch(PostgresStore store, TimeProvider time, ILogger<ClockWatch> logger)
{
    /// <summary>Far beyond what a clock that is kept by NTP is off by, and well before Orleans takes a silo that joins for one that never will (five minutes).</summary>
    private static readonly TimeSpan Most = TimeSpan.FromMinutes(1);

    private bool _differs;

    /// <exception cref="NodeLogException">The store cannot be read.</exception>
    public async Task LookAsync(CancellationToken cancellation)
    {
        var before = time.GetUtcNow();
        var database = await store.ClockAsync(cancellation);
        var ahead = before + ((time.GetUtcNow() - before) / 2) - database;
        var differs = ahead.Duration() > Most;
        if (differs == _differs)
        {
            return;
        }

        _differs = differs;
        if (differs)
        {
            Differs((long)ahead.Duration().TotalSeconds, ahead > TimeSpan.Zero ? "ahead of" : "behind");
        }
        else
        {
            Agrees();
        }
    }

    [LoggerMessage(1, LogLevel.Warning,
        "This machine's clock is {Seconds} s {Side} the database's; set the one that is wrong. Caps, budget days and the times of touchpoints go by it, and silos five minutes apart end each other at a start.")]
    private partial void Differs(long seconds, string side);

    [LoggerMessage(2, LogLevel.Information, "This machine's clock agrees with the database's again.")]
    private partial void Agrees();
}
