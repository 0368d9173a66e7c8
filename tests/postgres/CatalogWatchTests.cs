using PmOrleans.Node.Log;

namespace PmOrleans.Node.Tests.Log;

public sealed class CatalogWatchTests
{
    /// <summary>Longer than any of these tests may take: a wait that ends was ended by a notice.</summary>
    private static readonly TimeSpan Never = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [LogFact]
    public async Task a_catalog_of_another_node_is_heard_of()
    {
        using var schema = new TestSchema();
        await using var publisher = await schema.OpenAsync("publisher");
        await using var follower = await schema.OpenAsync("follower");
        await using var watch = follower.Store.WatchCatalog();
        await watch.WaitAsync(Never).WaitAsync(Patience);

        for (var version = 1; version <= 3; version++)
        {
            var waiting = watch.WaitAsync(Never);
            await publisher.WriteAsync(work => work.AddCatalog(new CatalogRow(version, 1, "hash", [1])));
            await waiting.WaitAsync(Patience);

            Assert.Equal(version, follower.Reader.LatestCatalogVersion());
        }
    }

    [LogFact]
    public async Task what_was_published_before_it_listened_is_looked_for_at_once()
    {
        using var schema = new TestSchema();
        await using var log = await schema.OpenAsync("a");
        await using var watch = log.Store.WatchCatalog();
        await log.WriteAsync(work => work.AddCatalog(new CatalogRow(1, 1, "hash", [1])));

        await watch.WaitAsync(Never).WaitAsync(Patience);

        Assert.Equal(1, log.Reader.LatestCatalogVersion());
    }

    [LogFact]
    public async Task a_wait_ends_by_itself_and_when_it_is_cancelled()
    {
        using var schema = new TestSchema();
        await using var log = await schema.OpenAsync("a");
        await using var watch = log.Store.WatchCatalog();
        await watch.WaitAsync(Never).WaitAsync(Patience);

        await watch.WaitAsync(TimeSpan.FromMilliseconds(1)).WaitAsync(Patience);
        using var cancelled = new CancellationTokenSource();
        var waiting = watch.WaitAsync(Never, cancelled.Token);
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Patience));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => watch.WaitAsync(TimeSpan.Zero));
    }

    [LogFact]
    public async Task a_server_that_was_away_is_listened_to_again()
    {
        using var server = new PostgresServer();
        using var schema = new TestSchema(server.ConnectionString);
        await using var log = await schema.OpenAsync("a");
        await using var watch = log.Store.WatchCatalog();
        await watch.WaitAsync(Never).WaitAsync(Patience);
        var waiting = watch.WaitAsync(TimeSpan.FromMilliseconds(10));
        server.Kill();
        await waiting.WaitAsync(Patience);
        server.Start();

        // It has listened again when a wait that would never end by itself ends: by the look at the beginning, then by a notice.
        await watch.WaitAsync(Never).WaitAsync(Patience);
        waiting = watch.WaitAsync(Never);
        await PublishAsync(log);
        await waiting.WaitAsync(Patience);

        Assert.Equal(1, log.Reader.LatestCatalogVersion());
    }

    /// <summary>The writer finds out that its connection is gone by the first work that fails.</summary>
    private static async Task PublishAsync(PostgresNodeLog log)
    {
        using var timeout = new CancellationTokenSource(Patience);
        while (log.Reader.LatestCatalogVersion() == 0)
        {
            try
            {
                await log.WriteAsync(work => work.AddCatalog(new CatalogRow(1, 1, "hash", [1])), timeout.Token);
            }
            catch (NodeLogException)
            {
                await log.UntilHealthyAsync();
            }
        }
    }
}
