using System.Collections.Concurrent;

namespace PmOrleans.Node.Customers;

/// <summary>Customers with records that no snapshot holds yet, in the order of their first such record: its head is where the log's tail begins.</summary>
public sealed class DirtyCustomers
{
    // Those that come of commits stand in the order of their records, so that the first of them is the earliest; those that are put back (after a publish, a crash, a load) stand anyhow.
    private readonly ConcurrentQueue<(CustomerCell Cell, long Since, long QueuedAt)> _queue = new();
    private readonly ConcurrentQueue<(CustomerCell Cell, long Since, long QueuedAt)> _again = new();

    private long _floor = long.MaxValue;

    public int Count => _queue.Count + _again.Count;

    /// <summary>
    /// The tail may not begin after this: customers from there on were left by the run before without a snapshot and are not loaded yet.
    /// <see cref="long.MaxValue"/> once they are.
    /// </summary>
    public long Floor
    {
        get => Volatile.Read(ref _floor);
        set => Volatile.Write(ref _floor, value);
    }

    /// <summary>How long the longest waiting has been waiting; zero when nobody is.</summary>
    public TimeSpan OldestAge =>
        Math.Min(QueuedAt(_queue), QueuedAt(_again)) is var oldest && oldest < long.MaxValue ? TimeSpan.FromMilliseconds(Environment.TickCount64 - oldest) : TimeSpan.Zero;

    /// <summary>Called by the log's writer after a commit, in sequence order.</summary>
    public void Committed(CustomerCell cell, long sequence)
    {
        if (cell.DirtySince == 0)
        {
            cell.DirtySince = sequence;
            _queue.Enqueue((cell, sequence, Environment.TickCount64));
        }
    }

    /// <summary>Puts a customer back whose snapshot could not be taken; keeps its place in the tail.</summary>
    public void Requeue(CustomerCell cell, long since)
    {
        cell.DirtySince = since;
        _again.Enqueue((cell, since, Environment.TickCount64));
    }

    /// <summary>The longest waiting. One taker at a time.</summary>
    public bool TryTake(out CustomerCell cell, out long since)
    {
        var taken = (QueuedAt(_again) < QueuedAt(_queue) ? _again : _queue).TryDequeue(out var entry);
        (cell, since, _) = entry;
        return taken;
    }

    /// <summary>The first record without a snapshot; <see cref="long.MaxValue"/> when there is none. On the writer's thread.</summary>
    public long Head => _again.Aggregate(Math.Min(Floor, _queue.TryPeek(out var first) ? first.Since : long.MaxValue), (head, entry) => Math.Min(head, entry.Since));

    private static long QueuedAt(ConcurrentQueue<(CustomerCell Cell, long Since, long QueuedAt)> queue) => queue.TryPeek(out var first) ? first.QueuedAt : long.MaxValue;
}
