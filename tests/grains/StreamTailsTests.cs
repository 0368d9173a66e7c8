using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.Extensions.Logging;
using Orleans.Streams;
using PmOrleans.GrainInterfaces.Streams;
using PmOrleans.Grains.Cluster;
using PmOrleans.Grains.Streams;
using PmOrleans.Node.Log;
using PmOrleans.Node.Tests.Log;

namespace PmOrleans.Grains.Tests;

/// <summary>Publishing what dead nodes left when streams hang or fail, nodes come back, and the silo stops.</summary>
public sealed class StreamTailsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [PostgresFact]
    public async Task whoever_begins_does_not_wait_and_a_node_that_fails_holds_no_other_up()
    {
        var cluster = new PostgresCluster(PostgresServer.Shared.ConnectionString, "tails_beside");
        var (failing, hanging) = (await Ghost.LiveAndDieAsync(cluster, "a"), await Ghost.LiveAndDieAsync(cluster, "b"));
        await using var store = await PostgresStore.OpenAsync(cluster.ConnectionString, cluster.Schema);
        var fails = true;
        var (reached, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        var streams = Streams.Of(async node =>
        {
            if (node == "a" && Volatile.Read(ref fails)) throw new InvalidDataException("a fault");
            if (node == "b")
            {
                reached.TrySetResult();
                await goOn.Task;
            }
        });
        var told = new Told();
        var tails = new StreamTails(store, streams.Provider, () => Ghost.Catalog, told);

        tails.Begin([("a", failing), ("b", hanging)], CancellationToken.None);
        await reached.Task.WaitAsync(Patience);
        var begun = tails.Publishing;
        tails.Begin([("a", failing)], CancellationToken.None);
        Assert.Same(begun, tails.Publishing);
        Assert.False(begun.IsCompleted);
        goOn.SetResult();
        await begun.WaitAsync(Patience);

        Assert.Equal(3, streams.Heard("b").Count);
        Assert.Equal(hanging, store.ReaderOf("b").LoadCheckpoint("streams")!.Watermark);
        Assert.IsType<InvalidDataException>(Assert.Single(told.Failures));
        Volatile.Write(ref fails, false);
        tails.Begin([("a", failing), ("b", hanging)], CancellationToken.None);
        await tails.Publishing.WaitAsync(Patience);

        Assert.Equal(failing, store.ReaderOf("a").LoadCheckpoint("streams")!.Watermark);
        Assert.Equal(3, streams.Heard("b").Count);
    }

    [PostgresFact]
    public async Task a_node_that_comes_back_and_dies_again_without_publishing_is_published_to_its_end()
    {
        var cluster = new PostgresCluster(PostgresServer.Shared.ConnectionString, "tails_again");
        var end = await Ghost.LiveAndDieAsync(cluster, "a");
        await using var store = await PostgresStore.OpenAsync(cluster.ConnectionString, cluster.Schema);
        var tails = new StreamTails(store, Streams.Of(_ => Task.CompletedTask).Provider, () => Ghost.Catalog, new Told());

        await using (var back = await PostgresNodeLog.OpenAsync(new PostgresLogOptions { ConnectionString = cluster.ConnectionString, Schema = cluster.Schema, Node = "a" }))
        {
            tails.Begin([("a", end)], CancellationToken.None);
            await tails.Publishing.WaitAsync(Patience);
            Assert.True(store.ReaderOf("a").LoadCheckpoint("streams")!.Watermark < end);
            await store.SealAsync("a", back.Epoch);
        }

        tails.Begin([("a", end)], CancellationToken.None);
        await tails.Publishing.WaitAsync(Patience);

        Assert.Equal(end, store.ReaderOf("a").LoadCheckpoint("streams")!.Watermark);
    }

    [PostgresFact]
    public async Task a_stop_ends_it_between_two_records()
    {
        var cluster = new PostgresCluster(PostgresServer.Shared.ConnectionString, "tails_stop");
        var end = await Ghost.LiveAndDieAsync(cluster, "a");
        await using var store = await PostgresStore.OpenAsync(cluster.ConnectionString, cluster.Schema);
        using var stop = new CancellationTokenSource();
        var streams = Streams.Of(_ => stop.CancelAsync());
        var told = new Told();
        var tails = new StreamTails(store, streams.Provider, () => Ghost.Catalog, told);

        tails.Begin([("a", end), ("b", 1)], stop.Token);
        await tails.Publishing.WaitAsync(Patience);

        Assert.Single(streams.Heard("a"));
        Assert.Empty(told.Failures);
    }

    /// <summary>Streams that remember what they were given, and first do with it what the test says.</summary>
    private class Streams : DispatchProxy
    {
        private Func<string, Task> _send = null!;
        private ConcurrentQueue<(string Node, long Sequence)> _heard = null!;

        public IStreamProvider Provider => (IStreamProvider)(object)this;

        public static Streams Of(Func<string, Task> send)
        {
            var streams = (Streams)(object)Create<IStreamProvider, Streams>();
            (streams._send, streams._heard) = (send, new ConcurrentQueue<(string, long)>());
            return streams;
        }

        public List<long> Heard(string node) => [.. _heard.Where(one => one.Node == node).Select(one => one.Sequence)];

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            if (targetMethod!.Name == "GetStream")
            {
                var stream = (Streams)Create(targetMethod.ReturnType, typeof(Streams));
                (stream._send, stream._heard) = (_send, _heard);
                return stream;
            }

            return args![0] is DecisionMade decision ? SendAsync(decision) : Task.CompletedTask;
        }

        private async Task SendAsync(DecisionMade decision)
        {
            _heard.Enqueue((decision.Node, decision.Sequence));
            await _send(decision.Node);
        }
    }

    private sealed class Told : ILogger<StreamTails>
    {
        public ConcurrentQueue<Exception> Failures { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (exception is not null) Failures.Enqueue(exception);
        }
    }
}
