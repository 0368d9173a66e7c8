using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Identity;
using PmOrleans.Decisioning.Segments;
using PmOrleans.Decisioning.Segments.Rfm;
using PmOrleans.Node.Log;
using PmOrleans.Node.Projections;
using PmOrleans.Node.Refolding;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Segments;

/// <summary>
/// Takes the quintile edges of RFM anew once a day, and sooner while the number of customers behind them doubles. Kept in the store: what a customer's
/// scores come to is written as a segment change when they are looked at, so no fold ever asks for old edges.
/// </summary>
/// <param name="board">Where the nodes of a cluster share the sweep that new edges begin; <c>null</c> for a node that is alone.</param>
internal sealed class RfmKeeper(INodeLog log, IAccounts accounts, TimeProvider time, SweepBoard? board = null)
{
    /// <summary>Fewer customers have no fifths.</summary>
    public const int LeastCustomers = 5;

    /// <summary>Name of the value that is there while not all whom new edges concern have been looked at: a start of a node that is alone begins that anew.</summary>
    public const string SweepKey = "segments.sweep";

    /// <summary>Name of the value that holds the mark of a cluster's sweep.</summary>
    public const string MarkKey = "segments.scores";

    private const string Key = "segments.rfm";
    private static readonly RefoldTarget InStore = new(1, 0);
    private static readonly long EveryMicros = TimeSpan.FromDays(1).Ticks / 10;

    /// <summary>So few are all looked at: then nothing hangs on the next edges coming in time.</summary>
    private const int Few = 1_000;

    /// <summary>Whose score falls before that is looked at: the next edges may come a day late.</summary>
    private static readonly long AheadMicros = 2 * EveryMicros;

    private Kept? _kept;

    public SweepBoard? Board => board;

    /// <summary>Counts the sets of edges; 0 before the first.</summary>
    public int Generation => Load().Edges.Generation;

    /// <summary>The edges for a catalog: none where it has no RFM, or of another type than they were taken of.</summary>
    public RfmEdges For(CatalogSnapshot catalog)
    {
        var kept = Load();
        return catalog.Rfm is { } rfm && rfm.LastAt.Number == kept.Amount ? kept.Edges : RfmEdges.None;
    }

    /// <summary>Takes new edges when it is time, or the clock was set back that far behind the last; <c>null</c> when it is not, or the figures of segments are not restored yet. They are durable when this completes.</summary>
    public async Task<RfmEdges?> RefreshAsync(CatalogSnapshot catalog)
    {
        if (catalog.Rfm is not { } rfm || !accounts.HasSegments)
        {
            return null;
        }

        var (now, edges) = (time.NowMicros(), For(catalog));
        var customers = accounts.ReadSegments(fold => fold.CountOf(rfm.LastAt.Number));
        if (customers < LeastCustomers || (!edges.IsNone && Math.Abs(now - edges.TakenAtMicros) < EveryMicros && customers < 2 * edges.Customers))
        {
            return null;
        }

        // Generations go on over a change of type, so that no two sets of edges share one.
        var taken = accounts.ReadSegments(fold => fold.TakeEdges(rfm, now, Load().Edges.Generation + 1));
        using var writer = new ByteWriter(256);
        writer.Count(rfm.LastAt.Number);
        writer.Raw(taken.ToArray());
        if (!await TrySaveAsync(writer.ToArray(), taken.Generation))
        {
            Reload();
            return null;
        }

        Volatile.Write(ref _kept, new Kept(rfm.LastAt.Number, taken));
        return taken;
    }

    /// <summary>
    /// Who must be looked at because of the live edges, once the figures of segments are restored. Whoever has the same scores by them as before, and keeps them until the
    /// next edges are there, needs not: what is remembered of such a customer is worked out afresh with the next command.
    /// </summary>
    /// <param name="isComplete">
    /// Whether the figures have everything that was written by earlier edges, so that cells can be compared; otherwise it is everybody of the type.
    /// </param>
    /// <param name="read">Reads the figures; <c>null</c>: those of this node.</param>
    public IReadOnlyList<CustomerKey> Concerned(
        CatalogSnapshot catalog, bool isComplete, Func<Func<SegmentFold, IReadOnlyList<CustomerKey>>, IReadOnlyList<CustomerKey>>? read = null)
    {
        if (catalog.Rfm is not { } rfm)
        {
            return [];
        }

        var edges = For(catalog);
        var segmentOfCell = isComplete ? SegmentsOfCells(catalog) : null;
        return (read ?? accounts.ReadSegments)(fold => segmentOfCell is null || edges.IsNone || fold.CountOf(rfm.LastAt.Number) <= Few
            ? fold.CustomersWith(rfm.LastAt.Number)
            : fold.CustomersToScore(rfm, edges, segmentOfCell, time.NowMicros(), edges.TakenAtMicros + AheadMicros));
    }

    /// <summary>Edges that another node has taken are read at the next use.</summary>
    public void Reload() => Volatile.Write(ref _kept, null);

    /// <summary>Of the edges that began a sweep of a cluster.</summary>
    public static int GenerationOf(SweepMark mark) => mark.Since;

    /// <summary>Whether it is known whom a sweep of a cluster is about: each shard's customers are a value of the store.</summary>
    public static bool IsListed(SweepMark mark) => mark.Target == InStore;

    public static SweepMark Listed(SweepMark mark) => IsListed(mark) ? mark : mark with { Target = InStore };

    /// <summary>Name of the value that holds the customers of a shard, their keys one after the other.</summary>
    public static string ListKey(int generation, int shard) => FormattableString.Invariant($"segments.scores.{generation}.{shard}");

    /// <summary>Saves edges, and that nobody has been looked at by them.</summary>
    /// <returns><c>false</c>: another node has taken edges meanwhile.</returns>
    private async Task<bool> TrySaveAsync(byte[] edges, int generation)
    {
        if (board is null)
        {
            await log.WriteAsync(transaction =>
            {
                transaction.SetValue(Key, edges);
                transaction.SetValue(SweepKey, [1]);
            });
            return true;
        }

        SweepMark? last = null;
        var there = await board.ChangeAsync(
            mark =>
            {
                last = mark;
                return new(mark is not null && GenerationOf(mark) >= generation ? mark : SweepMark.Begin(mark, default, generation));
            },
            transaction =>
            {
                transaction.SetValue(Key, edges);
                for (var shard = 0; shard < SweepMark.Shards && last is not null; shard++)
                {
                    // Whom the edges before these concerned is worked out anew by these.
                    transaction.SetValue(ListKey(GenerationOf(last), shard), null);
                }
            });
        return !ReferenceEquals(there, last);
    }

    /// <returns><c>null</c> for a catalog without the cells: nothing says then which scores a customer had.</returns>
    private static Dictionary<int, int>? SegmentsOfCells(CatalogSnapshot catalog)
    {
        var numbers = catalog.Segments.ToDictionary(segment => segment.Id, segment => segment.Number, StringComparer.Ordinal);
        var cells = new Dictionary<int, int>();
        foreach (var (cell, id) in RfmGroups.CellSegments)
        {
            if (!numbers.TryGetValue(id, out var number))
            {
                return null;
            }

            cells.Add(cell, number);
        }

        return cells;
    }

    private Kept Load()
    {
        if (Volatile.Read(ref _kept) is { } known)
        {
            return known;
        }

        var kept = new Kept(0, RfmEdges.None);
        if (log.Reader.GetValue(Key) is { } saved)
        {
            var reader = new ByteReader(saved);
            kept = new Kept(reader.Count(), RfmEdges.Read(saved.AsSpan(reader.Position)));
        }

        // Whoever took new edges meanwhile was first.
        return Interlocked.CompareExchange(ref _kept, kept, null) ?? kept;
    }

    /// <param name="Amount">Number of the amount the edges were taken of: another type of touchpoint has another.</param>
    private sealed record Kept(int Amount, RfmEdges Edges);
}
