using System.Security.Cryptography;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Identity;
using PmOrleans.Node.Customers;
using PmOrleans.Node.Log;
using PmOrleans.Node.Owners;
using PmOrleans.Node.Refolding;

namespace PmOrleans.Node.Segments;

/// <summary>
/// Looks again, on all nodes of a cluster together, at the customers whose scores new RFM edges change. Where the figures of segments are, somebody works out who that is,
/// once they have all that was written by earlier edges, and puts the list into the store, a part of it for each shard; then every node takes shards, until all are done.
/// So neither the end of a node nor that of the figures' owner ends it.
/// </summary>
/// <param name="store">Where the nodes say what they know.</param>
/// <param name="environment">What is live now; <c>null</c> before the first publish.</param>
/// <param name="follow">Takes up edges that any node has taken, and says of which generation they are.</param>
/// <param name="settle">Completes when all that this process wrote by earlier edges is in the store.</param>
/// <param name="figures">The figures of segments, while their owner is on this node.</param>
/// <param name="visit">As for <see cref="RefoldWakes"/>.</param>
/// <param name="perSecond">Customers looked at by this node in a second at most.</param>
internal sealed class SharedRfmSweep(
    INodeLog log,
    PostgresStore store,
    RfmKeeper keeper,
    Func<DecisionEnvironment?> environment,
    Func<int> follow,
    Func<CancellationToken, Task> settle,
    Func<SegmentBook?> figures,
    Func<UInt128, ValueTask<bool>> visit,
    int perSecond) : IAsyncDisposable
{
    /// <summary>Name of the value in which a node says which edges it works by, and with which record of its log that began.</summary>
    public const string ScoresKey = "node.scores";
    private static readonly TimeSpan AfterOutage = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly RefoldPace _pace = new(log, perSecond);
    private Task _loop = Task.CompletedTask;
    private int _said;
    private long _visited;

    private SweepBoard Board => keeper.Board!;

    /// <summary>Percent of those concerned who have been looked at, by all nodes; <c>null</c> when no sweep is under way.</summary>
    public int? Progress => environment()?.Catalog.Rfm is not null && Board.Known is { IsDone: false } mark ? RfmKeeper.IsListed(mark) ? (int)mark.Percent : 0 : null;

    public void Start() => _loop = Task.Run(RunAsync);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                try
                {
                    if (!await StepAsync())
                    {
                        await Task.Delay(SweepBoard.LookEvery, _stop.Token);
                    }
                }
                catch (Exception outage) when (outage is NodeLogException or NodeUnavailableException)
                {
                    // The store cannot be read or written now: what was not marked as done is done later.
                    await Task.Delay(AfterOutage, _stop.Token);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }

    /// <returns>Whether there may be more to do at once.</returns>
    private async Task<bool> StepAsync()
    {
        if (environment()?.Catalog is not { Rfm: not null } catalog || Board.Look() is not { IsDone: false } mark)
        {
            return false;
        }

        await SayAsync(RfmKeeper.GenerationOf(mark));
        if (!RfmKeeper.IsListed(mark))
        {
            return figures() is { } book && await HasAllAsync(book, RfmKeeper.GenerationOf(mark)) && await ListAsync(mark, book, catalog);
        }

        await SweepAsync(mark);
        return true;
    }

    /// <summary>Says that this node works by edges of a generation, or later ones, and from where in its log on.</summary>
    private async Task SayAsync(int generation)
    {
        if (_said >= generation || follow() is var known && known < generation)
        {
            return;
        }

        await settle(_stop.Token);
        using var writer = new ByteWriter(16);
        writer.Count(known);
        writer.Signed(log.CommittedSequence);
        var said = writer.ToArray();
        await log.WriteAsync(transaction => transaction.SetValue(ScoresKey, said), _stop.Token);
        _said = known;
    }

    /// <summary>Whether the figures have everything that any node has written by edges before a generation: then the cells in them are those that were told.</summary>
    private async Task<bool> HasAllAsync(SegmentBook book, int generation)
    {
        foreach (var writer in await store.WritersAsync(ScoresKey, _stop.Token))
        {
            if (writer.Said is null)
            {
                return false;
            }

            var reader = new ByteReader(writer.Said);
            if (reader.Count() < generation || book.StandsAt(writer.Node) < reader.Signed())
            {
                return false;
            }
        }

        var gone = (await store.NodesAsync(_stop.Token)).GroupBy(epoch => epoch.Node, StringComparer.Ordinal).Where(node => node.All(epoch => epoch.Sealed));
        return gone.All(node => book.StandsAt(node.Key) >= node.Max(epoch => epoch.LastSequence));
    }

    /// <summary>Puts into the store who has to be looked at: nothing refers to it before all of it is there.</summary>
    private async Task<bool> ListAsync(SweepMark mark, SegmentBook book, CatalogSnapshot catalog)
    {
        var generation = RfmKeeper.GenerationOf(mark);
        foreach (var part in keeper.Concerned(catalog, isComplete: true, book.Read).GroupBy(static customer => customer.Stripe(SweepMark.Shards)))
        {
            var list = new byte[part.Count() * CustomerKey.Size];
            foreach (var (n, customer) in part.Index())
            {
                customer.Write(list.AsSpan(n * CustomerKey.Size));
            }

            await log.WriteAsync(transaction => transaction.SetValue(RfmKeeper.ListKey(generation, part.Key), list), _stop.Token);
        }

        await Board.ChangeAsync(found => new(found?.Pass == mark.Pass ? RfmKeeper.Listed(found) : found));
        return true;
    }

    private async Task SweepAsync(SweepMark mark)
    {
        bool GoesOn() => Board.Known?.Pass == mark.Pass && environment()?.Catalog.Rfm is not null;

        _visited = 0;
        _pace.Begin();
        try
        {
            await foreach (var shard in Board.ShardsAsync(mark.Pass, GoesOn, _stop.Token))
            {
                if (await ShardAsync(RfmKeeper.ListKey(RfmKeeper.GenerationOf(mark), shard), GoesOn))
                {
                    await Board.DoneAsync(shard, mark.Pass);
                }
            }
        }
        catch (OperationCanceledException)
        {
            await Board.LeaveAsync(mark.Pass);
            throw;
        }
    }

    /// <returns><c>false</c> when other edges came meanwhile.</returns>
    private async Task<bool> ShardAsync(string key, Func<bool> goesOn)
    {
        // None: nobody of this shard is concerned, or all of them have been looked at by somebody who could not say so any more.
        if (log.Reader.GetValue(key) is not { } list)
        {
            return goesOn();
        }

        var wakes = new RefoldWakes(visit, static damaged => damaged is CorruptDataException or CryptographicException, goesOn, _stop.Token);
        for (var at = 0; at < list.Length && goesOn(); at += CustomerKey.Size)
        {
            // Whoever was erased since has none.
            if (log.Reader.IdentitiesOf(CustomerKey.Read(list.AsSpan(at))) is [var identity, ..])
            {
                await wakes.AddAsync(identity.IdHash);
                await _pace.WaitAsync(++_visited, goesOn, _stop.Token);
            }
        }

        await wakes.EndAsync();
        if (!goesOn())
        {
            return false;
        }

        await log.WriteAsync(transaction => transaction.SetValue(key, null), _stop.Token);
        return true;
    }
}
