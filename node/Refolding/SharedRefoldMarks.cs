using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Node.Log;

namespace PmOrleans.Node.Refolding;

/// <summary>
/// The marks of a pass that the nodes of a cluster share. Nobody is visited before every process that may write says that it decides by the new definitions and that what
/// it wrote by others is in the store: else somebody could come to have facts by the old ones behind the visit.
/// </summary>
/// <param name="writers">All who may write, with what they said under <see cref="DecidesKey"/>; asked after the mark was read.</param>
/// <param name="version">A version of the catalog; <c>null</c> when it cannot be read any more.</param>
/// <param name="settle">Completes when all that this process wrote by an earlier version is in the store.</param>
internal sealed class SharedRefoldMarks(
    INodeLog log, Func<CancellationToken, Task<IReadOnlyList<SweepWriter>>> writers, Func<int, CatalogSnapshot?> version, Func<CancellationToken, Task> settle) : IRefoldMarks
{
    /// <summary>Name of the value that holds the mark, the cluster's.</summary>
    public const string Key = "refold";

    /// <summary>Name of the value in which a node says by which version it decides.</summary>
    public const string DecidesKey = "node.decides";

    /// <summary>Over so many versions it is looked whether the definitions stayed the same; behind more a pass begins anew.</summary>
    private const int MostVersions = 32;
    private static readonly TimeSpan AskEvery = TimeSpan.FromMilliseconds(200);

    private readonly SweepBoard _board = new(log, Key, writers);
    private readonly Lock _gate = new();
    private RefoldTarget _target;
    private int _version;

    /// <summary>The pass whose mark holds up to a later version than it says, as the definitions stayed, and up to which.</summary>
    private (int Pass, int Version) _carried;
    private bool _hasBegun;
    private int _said;

    public double PercentOf(RefoldTarget target)
    {
        lock (_gate)
        {
            return _board.Known is { } mark && mark.Target == target && HoldsUpTo(mark) >= _version ? mark.Percent : 0;
        }
    }

    public void OnPublished(DecisionEnvironment live)
    {
        lock (_gate)
        {
            (_target, _version) = (RefoldTarget.Of(live), live.Catalog.Version);
            if (_board.Known is { } mark && mark.Target == _target && _version - HoldsUpTo(mark) == 1)
            {
                _carried = (mark.Pass, _version);
            }
        }
    }

    public bool IsCurrent(RefoldPass pass) => _board.Known?.Pass == pass.Number;

    public async ValueTask<RefoldPass?> BeginAsync(CancellationToken stop)
    {
        while (Live() is { Version: > 0 } live)
        {
            var mark = (await _board.ChangeAsync(mark => new(Continue(mark, live.Target, live.Version))))!;
            if (mark.Version == live.Version)
            {
                _hasBegun = true;
                if (mark.IsDone)
                {
                    return null;
                }

                await SayAsync(live.Version, stop);
                if (mark.Target != live.Target)
                {
                    // A process of another release began it, which reads definitions otherwise, and can visit everybody for them.
                    return null;
                }

                if ((await writers(stop)).All(writer => VersionOf(writer.Said) >= mark.Since))
                {
                    return new RefoldPass(mark.Pass, mark.Target);
                }
            }

            // Others still decide by what was live before, or this node does.
            await Task.Delay(AskEvery, stop);
        }

        return null;
    }

    /// <summary>By the hashes of ids: they say the same to every node.</summary>
    public long? Divide(RefoldPass pass, long lastPlace) => IsCurrent(pass) ? 0 : null;

    public IAsyncEnumerable<int> ShardsAsync(RefoldPass pass, CancellationToken stop) =>
        _board.ShardsAsync(pass.Number, () => IsCurrent(pass) && Live().Target == pass.Target, stop);

    public Task DoneAsync(int shard, RefoldPass pass) => _board.DoneAsync(shard, pass.Number);

    public Task KeepAsync(RefoldPass pass) => _board.LeaveAsync(pass.Number);

    public void Look()
    {
        if (_board.Known is not { IsDone: true } mark || mark.Version < Live().Version)
        {
            _board.Look();
        }
    }

    private static int VersionOf(byte[]? said) => said is null ? 0 : new ByteReader(said).Count();

    private (RefoldTarget Target, int Version) Live()
    {
        lock (_gate)
        {
            return (_target, _version);
        }
    }

    private int HoldsUpTo(SweepMark mark) => _carried.Pass == mark.Pass ? Math.Max(_carried.Version, mark.Version) : mark.Version;

    /// <summary>What becomes of the mark that is there under a version: it goes on while the definitions stayed the same in every version since, and of a later one it is left alone.</summary>
    private SweepMark Continue(SweepMark? mark, RefoldTarget target, int live)
    {
        if (mark is null)
        {
            return SweepMark.Begin(null, target, live);
        }

        if (mark.Version == live)
        {
            // A release that reads definitions otherwise than the one before begins anew when it starts.
            return mark.Target == target || _hasBegun ? mark : SweepMark.Begin(mark, target, live);
        }

        return mark.Version > live ? mark
            : live - mark.Version <= MostVersions && Enumerable.Range(mark.Version + 1, live - mark.Version).All(between => version(between) is { } catalog && RefoldTarget.Of(catalog) == mark.Target)
                ? mark with { Version = live }
            : SweepMark.Begin(mark, target, live);
    }

    private async Task SayAsync(int live, CancellationToken stop)
    {
        if (_said >= live)
        {
            return;
        }

        await settle(stop);
        using var writer = new ByteWriter(8);
        writer.Count(live);
        var said = writer.ToArray();
        await log.WriteAsync(transaction => transaction.SetValue(DecidesKey, said), stop);
        _said = live;
    }
}
