using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Profiles;
using PmOrleans.Decisioning.Segments.Rfm;
using PmOrleans.Node.Refolding;
using PmOrleans.Node.Segments;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Tests.Log;

/// <summary>New RFM edges among several nodes: whom they concern is looked at by all of them together, whoever dies, and nobody else is.</summary>
public sealed class SharedRfmTests
{
    /// <summary>More than are all looked at whatever the edges say.</summary>
    private const int Buyers = 1_200;

    private const string Catalog = """
        catalog: { currency: EUR }
        rfm: { on: purchase }
        placements:
          p: { channel: web, slots: 1 }
        campaigns:
          c: { offers: { a: { placements: [p], value: 10, content: {} } } }
        """;

    private readonly SimulatedClock _clock = new(new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly long[] _lastAt = new long[Buyers];
    private readonly int[] _bought = new int[Buyers];

    [LogFact]
    public async Task only_those_concerned_are_looked_at_each_by_one_node_and_all_are_in_the_cells_of_their_scores()
    {
        await using var nodes = await FilledAsync();
        await UntilInTheirCellsAsync(nodes);

        var visits = 0;
        nodes.MayVisit = _ => new(Interlocked.Increment(ref visits) > 0);

        // By the edges of that day some buy again; the next day's are others for few.
        for (var n = 600; n < 640; n++) await BuyAsync(nodes, n, _clock.NowMicros());
        await PassDayAsync(nodes);
        await UntilInTheirCellsAsync(nodes);

        Assert.InRange(visits, 1, Buyers / 2);
        await nodes.AssertCleanAsync();
    }

    [LogFact]
    public async Task neither_the_death_of_the_node_with_the_figures_nor_a_start_ends_it()
    {
        await using var nodes = await FilledAsync();
        await UntilInTheirCellsAsync(nodes);
        nodes.MayVisit = static _ => new(false);

        // Much is others for everybody, and nobody can be reached.
        for (var n = 0; n < Buyers; n += 2) await BuyAsync(nodes, n, _clock.NowMicros());
        await PassDayAsync(nodes);
        await nodes.FollowUntilAsync(() => MarkOf(nodes) is { IsDone: false } mark && RfmKeeper.IsListed(mark) && mark.Claims.Any(claim => claim != 0));
        Assert.All(nodes.Living, node => Assert.InRange(node.SegmentProgress ?? 0, 0, 99));
        await nodes.DieAsync("a");
        nodes.SegmentsAt = null;
        await nodes.StartAsync("d");
        await nodes.FollowUntilAsync(() => nodes.Node("d").Rescoring!.Progress is not null);
        nodes.SegmentsAt = "b";
        nodes.MayVisit = static _ => new(true);
        await UntilInTheirCellsAsync(nodes);

        await nodes.AssertCleanAsync();
    }

    private static SweepMark? MarkOf(NodesWithOwners nodes) => SweepMark.Read(nodes.Store.ReaderOf("a").GetValue(RfmKeeper.MarkKey));

    private async Task<NodesWithOwners> FilledAsync()
    {
        var nodes = await NodesWithOwners.StartAsync(Catalog, _clock, "a", "b", "c");
        nodes.SegmentsAt = "a";
        var begin = _clock.NowMicros();
        foreach (var some in Enumerable.Range(0, Buyers).Chunk(100))
        {
            await Task.WhenAll(some.Select(n => BuyAsync(nodes, n, begin - (n * TimeSpan.FromHours(1).Ticks / 10))));
        }

        await PassDayAsync(nodes);
        return nodes;
    }

    /// <summary>With the node that has the customer in memory, as a cluster does it.</summary>
    private async Task BuyAsync(NodesWithOwners nodes, int n, long at)
    {
        var living = nodes.Living.ToList();
        var node = living.FirstOrDefault(engine => engine.IsHome(engine.KeyOf($"c-{n}"))) ?? living[n % living.Count];
        var reply = await node.IngestAsync([new Touchpoint { CustomerId = $"c-{n}", Type = "purchase", MessageId = $"m-{_bought[n]}", AtMicros = at, ValueMicros = ValueOf(n) }]);
        Assert.Equal(1, reply.Value!.Accepted);
        (_lastAt[n], _bought[n]) = (at, _bought[n] + 1);
    }

    /// <summary>Edges are taken of whom the figures know by then.</summary>
    private async Task PassDayAsync(NodesWithOwners nodes)
    {
        foreach (var node in nodes.Living) await node.FoldedAsync();
        _clock.AdvanceTo(_clock.NowMicros() + (TimeSpan.FromDays(1).Ticks / 10));
    }

    /// <summary>As all logs together have it.</summary>
    private async Task UntilInTheirCellsAsync(NodesWithOwners nodes)
    {
        await nodes.FollowUntilAsync(() => EdgesOf(nodes) is { } edges && edges.Customers == Buyers
            && _clock.NowMicros() - edges.TakenAtMicros < TimeSpan.FromDays(1).Ticks / 10
            && MarkOf(nodes) is { IsDone: true } mark && RfmKeeper.GenerationOf(mark) == edges.Generation);
        var edges = EdgesOf(nodes)!;
        var expected = Enumerable.Range(0, Buyers)
            .CountBy(n => RfmScores.Of(new TouchTally("purchase", _bought[n], _lastAt[n], _bought[n] * ValueOf(n)), edges, _clock.NowMicros()).Cell).ToDictionary();
        var cells = nodes.Living.First().Catalog!.Segments
            .Where(segment => segment.Id is ['r', 'f', 'm', '.', >= '0' and <= '9', _, _]).ToDictionary(segment => int.Parse(segment.Id[4..], null), segment => segment.Number);
        await nodes.FollowUntilAsync(() => nodes.Owners.Segments is { } book
            && book.Read(fold => cells.All(cell => fold.SizeOf(cell.Value) == expected.GetValueOrDefault(cell.Key))));
    }

    private static RfmEdges? EdgesOf(NodesWithOwners nodes)
    {
        if (nodes.Store.ReaderOf("a").GetValue("segments.rfm") is not { } stored) return null;
        var reader = new ByteReader(stored);
        reader.Count();
        return RfmEdges.Read(stored.AsSpan(reader.Position));
    }

    private static long ValueOf(int n) => 10_000_000L * (1 + (n % 97));
}
