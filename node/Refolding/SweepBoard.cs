using System.Numerics;
using System.Runtime.CompilerServices;
using PmOrleans.Node.Log;

namespace PmOrleans.Node.Refolding;

/// <summary>
/// A sweep that the nodes of a cluster share, as one of them takes part in it: its mark is one value of the store, changed by compare and set in transactions of the node's
/// log, so that whoever may not write any more can neither claim nor finish a shard. What a node had claimed when it died is free as soon as its epoch is sealed.
/// </summary>
/// <param name="key">Of the value, the cluster's.</param>
/// <param name="writers">All who may write, asked after the mark was read.</param>
internal sealed class SweepBoard(INodeLog log, string key, Func<CancellationToken, Task<IReadOnlyList<SweepWriter>>> writers)
{
    private static readonly TimeSpan WriteEvery = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private SweepMark? _known;
    private ulong _held;
    private ulong _finished;
    private int _waiting;
    private long _writtenAt;

    /// <summary>How long a node with nothing left to take waits before it looks again at what the others do.</summary>
    public static TimeSpan LookEvery { get; } = TimeSpan.FromMilliseconds(500);

    /// <summary>As it was read or written last.</summary>
    public SweepMark? Known => Volatile.Read(ref _known);

    /// <exception cref="NodeLogException">The store cannot be read now.</exception>
    public SweepMark? Look() => Learn(SweepMark.Read(log.Reader.GetValue(key)));

    /// <summary>Puts another mark in the place of the one that is there, whoever changes it meanwhile.</summary>
    /// <param name="change">Asked again with each mark that is found; gives that one back to leave it.</param>
    /// <param name="beside">Written in the same transaction.</param>
    /// <returns>What is there then.</returns>
    /// <exception cref="NodeLogException">The store cannot be read or written now.</exception>
    public async Task<SweepMark?> ChangeAsync(Func<SweepMark?, ValueTask<SweepMark?>> change, Action<ILogTransaction>? beside = null)
    {
        while (true)
        {
            var stored = log.Reader.GetValue(key);
            var mark = SweepMark.Read(stored);
            if (await change(mark) is not { } next || ReferenceEquals(next, mark))
            {
                return Learn(mark);
            }

            try
            {
                await log.WriteAsync(transaction =>
                {
                    transaction.ReplaceValue(key, stored, next.ToArray());
                    beside?.Invoke(transaction);
                });
                return Learn(next);
            }
            catch (InvalidOperationException)
            {
                // Another node was quicker, or another thread of this one.
            }
        }
    }

    /// <summary>Shards of a pass for this node to do, until all are done: what others have claimed is waited for until they have done it, or are gone.</summary>
    /// <param name="goesOn">Whether the pass still says anything; asked before each shard.</param>
    public async IAsyncEnumerable<int> ShardsAsync(int pass, Func<bool> goesOn, [EnumeratorCancellation] CancellationToken stop)
    {
        lock (_gate)
        {
            (_held, _finished) = (0, 0);
        }

        while (goesOn())
        {
            var taken = await TakeAsync(pass, stop);
            if (Known is not { IsDone: false } mark || mark.Pass != pass)
            {
                yield break;
            }

            if (taken == 0)
            {
                await Task.Delay(LookEvery, stop);
            }

            for (; taken != 0 && goesOn(); taken &= taken - 1)
            {
                Volatile.Write(ref _waiting, BitOperations.PopCount(taken) - 1);
                yield return BitOperations.TrailingZeroCount(taken);
            }
        }
    }

    /// <summary>A shard is done: everybody in it has been visited, and that is durable.</summary>
    public async Task DoneAsync(int shard, int pass)
    {
        lock (_gate)
        {
            _finished |= 1UL << shard;
            if (Volatile.Read(ref _waiting) > 0 && Environment.TickCount64 - _writtenAt < WriteEvery.TotalMilliseconds)
            {
                return;
            }
        }

        await ChangeAsync(mark => new(Finish(mark, pass)));
    }

    /// <summary>Says what is done and leaves the rest to the others.</summary>
    public Task LeaveAsync(int pass) => ChangeAsync(mark => new(mark?.Pass == pass ? Finish(mark, pass)!.Release(log.Epoch) : mark));

    private async Task<ulong> TakeAsync(int pass, CancellationToken stop)
    {
        ulong taken = 0;
        await ChangeAsync(async mark =>
        {
            taken = 0;
            if (mark?.Pass != pass)
            {
                return mark;
            }

            // After the mark was read: whoever has claimed something in it is among them, or can write nothing more.
            var writing = (await writers(stop)).Select(writer => writer.Epoch).ToHashSet();
            return Finish(mark, pass)!.Claim(log.Epoch, writing, Volatile.Read(ref _held), out taken);
        });
        _held |= taken;
        return taken;
    }

    private SweepMark? Finish(SweepMark? mark, int pass)
    {
        lock (_gate)
        {
            _writtenAt = Environment.TickCount64;
            return mark?.Pass == pass ? mark.Finish(log.Epoch, _finished) : mark;
        }
    }

    /// <summary>Threads may learn of marks in another order than they came about; a later one is further.</summary>
    private SweepMark? Learn(SweepMark? mark)
    {
        lock (_gate)
        {
            if (_known is null || mark is null || mark.IsAsFarAs(_known))
            {
                Volatile.Write(ref _known, mark);
            }
        }

        return mark;
    }
}
