using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PmOrleans.Grains.Cluster;
using PmOrleans.Node.Log;
using PmOrleans.Node.Tests.Log;

namespace PmOrleans.Grains.Tests;

public sealed class ClockTests
{
    [Theory]
    [InlineData(-9, 0)]
    [InlineData(-11, 1)]
    public async Task a_silo_stops_when_its_clock_was_set_back_far(int minutes, int stops)
    {
        var (machine, life, told) = (new Machine { Set = TimeSpan.FromHours(1) }, new Life(), new Told<SetBackLoop>());
        await using var loop = new SetBackLoop(machine, life, told);

        machine.Set = TimeSpan.FromHours(3);
        await loop.LookAsync(CancellationToken.None);
        machine.Set += TimeSpan.FromMinutes(minutes);
        await loop.LookAsync(CancellationToken.None);
        await loop.LookAsync(CancellationToken.None);

        // It would be that of the tests.
        Environment.ExitCode = 0;
        Assert.Equal(stops, life.Stops);
        Assert.Equal(stops, told.Lines.Count(line => line.Level == LogLevel.Critical));
    }

    [PostgresFact]
    public async Task a_clock_that_differs_from_the_databases_is_told_once_and_again_when_it_agrees()
    {
        var cluster = new PostgresCluster(PostgresServer.Shared.ConnectionString, "clock_watch");
        await Ghost.LiveAndDieAsync(cluster, "a");
        await using var store = await PostgresStore.OpenAsync(cluster.ConnectionString, cluster.Schema);
        var (machine, told) = (new Machine(), new Told<ClockWatch>());
        var watch = new ClockWatch(store, machine, told);

        await LookTwiceAsync(TimeSpan.Zero);
        await LookTwiceAsync(TimeSpan.FromHours(-3));
        await LookTwiceAsync(TimeSpan.FromSeconds(30));
        await LookTwiceAsync(TimeSpan.FromHours(3));

        Assert.Equal(
            [
                (LogLevel.Warning, "behind the database's"),
                (LogLevel.Information, "agrees with the database's"),
                (LogLevel.Warning, "ahead of the database's"),
            ],
            told.Lines.Select(line => (line.Level, new[] { "behind the database's", "ahead of the database's", "agrees with the database's" }.Single(line.Text.Contains))));

        async Task LookTwiceAsync(TimeSpan set)
        {
            machine.Set = set;
            await watch.LookAsync(CancellationToken.None);
            await watch.LookAsync(CancellationToken.None);
        }
    }

    private sealed class Machine : TimeProvider
    {
        public TimeSpan Set { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Set;
    }

    private sealed class Life : IHostApplicationLifetime
    {
        public int Stops { get; private set; }

        public CancellationToken ApplicationStarted => default;

        public CancellationToken ApplicationStopping => default;

        public CancellationToken ApplicationStopped => default;

        public void StopApplication() => Stops++;
    }

    private sealed class Told<T> : ILogger<T>
    {
        public List<(LogLevel Level, string Text)> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add((logLevel, formatter(state, exception)));
    }
}
