using PmOrleans.Decisioning.Profiles;
using PmOrleans.Node.Log;

namespace PmOrleans.Node.Customers;

/// <summary>A live customer: the state and what stands between it and the log. Whoever works on it holds its lock.</summary>
public sealed class CustomerCell(UInt128 idHash, DirtyCustomers dirty)
{
    private int _pending;
    private Aside? _aside;
    private volatile bool _isVoid;

    /// <summary>Keyed hash of the outside id this cell was found by.</summary>
    public UInt128 IdHash { get; } = idHash;

    /// <summary><c>null</c> until loaded, and for a customer nobody knows.</summary>
    public CustomerState? State { get; set; }

    public byte[]? DataKey { get; set; }

    /// <summary>Hash of the customer's first id, when this cell was found by another one: the customer lives there. 0 otherwise.</summary>
    public UInt128 LivesAt
    {
        get => _aside?.LivesAt ?? 0;
        set => SetAside(value, Tombstone);
    }

    /// <summary>Whether the store was asked.</summary>
    public bool IsLoaded { get; set; }

    /// <summary>What an erasure left, when the id belonged to an erased customer.</summary>
    public TombstoneRow? Tombstone
    {
        get => _aside?.Tombstone;
        set => SetAside(LivesAt, value);
    }

    /// <summary>An erasure is on its way to the log: everything else waits for it.</summary>
    public bool IsErasing { get; set; }

    /// <summary>Taken out of memory: look the customer up again.</summary>
    public bool IsEvicted { get; set; }

    /// <summary>Coarse time of last use, for passivation.</summary>
    public int LastUsed { get; set; }

    /// <summary>Time at which this cell stands in the due queue, or <see cref="long.MaxValue"/>.</summary>
    public long QueuedDueMicros { get; set; } = long.MaxValue;

    /// <summary>Node sequence of the first record that is in no snapshot; 0 when saved up to date.</summary>
    public long DirtySince { get; set; }

    /// <summary>A record it builds on has failed: the state in memory is void and must be read again once nothing is pending.</summary>
    public bool IsVoid => _isVoid;

    /// <summary>Records queued and not yet known to be durable or not.</summary>
    public int Pending => Volatile.Read(ref _pending);

    public void BeginPending() => Interlocked.Increment(ref _pending);

    /// <summary>Undoes <see cref="BeginPending"/> for a record that was refused at the door, and voids what was folded for it.</summary>
    public void Refused()
    {
        _isVoid = true;
        Interlocked.Decrement(ref _pending);
    }

    /// <summary>How often the state was forgotten: what was read from it holds while this stands still.</summary>
    public int Resets { get; private set; }

    /// <summary>A command broke off in the middle of its fold: what it left is no state.</summary>
    public void Void() => _isVoid = true;

    /// <summary>Forgets the state, to be loaded again.</summary>
    public void Reset()
    {
        Resets++;
        State = null;
        DataKey = null;
        _aside = null;
        IsLoaded = false;
        _isVoid = false;
    }

    /// <summary>The snapshot is behind in what is remembered beside the facts; no record is.</summary>
    /// <param name="next">A node sequence that no record of this customer lies between it and the log's end.</param>
    internal void SaveAgain(long next)
    {
        // A record on its way will have the customer saved anyhow.
        if (DirtySince == 0 && Pending == 0)
        {
            dirty.Requeue(this, next);
        }
    }

    internal void OnCommitted(PendingCommand command)
    {
        dirty.Committed(this, command.Sequence);
        Interlocked.Decrement(ref _pending);
    }

    internal void OnFailed()
    {
        _isVoid = true;
        Interlocked.Decrement(ref _pending);
    }

    private void SetAside(UInt128 livesAt, TombstoneRow? tombstone) =>
        _aside = livesAt == 0 && tombstone is null ? null : new Aside(livesAt, tombstone);

    /// <summary>What nearly no live customer has, in an object of its own: a million cells without it are 16 MB less.</summary>
    private sealed record Aside(UInt128 LivesAt, TombstoneRow? Tombstone);
}
