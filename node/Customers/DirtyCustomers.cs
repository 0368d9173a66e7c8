using System.Collections.Concurrent;

namespace PmOrleans.Node.Customers;

/// <summary>Customers with records that no snapshot holds yet, in the order of their first such record: its head is where the log's tail begins.</summary>
public sealed class DirtyCustomers
{
    private readonly ConcurrentQueue<(CustomerCell Cell, long Since, long QueuedAt)> _queue = new();

    private long _floor = long.MaxValue;

    public int Count => _queue.Count;

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
        _queue.TryPeek(out var oldest) ? TimeSpan.FromMilliseconds(Environment.TickCount64 - oldest.QueuedAt) : TimeSpan.Zero;

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
        _queue.Enqueue((cell, since, Environment.TickCount64));
    }

    public bool TryTake(out CustomerCell cell, out long since)
    {
        var taken = _queue.TryDequeue(out var entry);
        (cell, since, _) = entry;
        return taken;
    }

    /// <summary>The first record without a snapshot; <see cref="long.MaxValue"/> when there is none.</summary>
    public long Head => _queue.Aggregate(Floor, (first, entry) => Math.Min(first, entry.Since));
}
