using PmOrleans.Decisioning.Identity;

namespace PmOrleans.Node.Log.Sqlite.Index;

/// <summary>
/// The two indexes of the log by random keys (customer, decision): the entries that are not in the tables yet, and what the transaction under way
/// does to them. Outlives connections; changed by the writer's thread only.
/// </summary>
/// <remarks>
/// An entry written at once would rewrite one page of the file for itself. Entries that wait for one another share pages, and a start after a crash
/// finds those that were waiting by reading the records behind the watermark.
/// </remarks>
internal sealed class LogIndex(int leastRound, DecisionFilter? filter = null)
{
    // Keys that are not random gather in few buckets: what has grown beyond this is written out of turn, as buckets are searched entry by entry.
    private const int LargeBucket = 2048;

    private readonly List<int> _writtenCustomers = [];
    private readonly List<int> _writtenDecisions = [];
    private readonly HashSet<int> _largeCustomers = [];
    private readonly HashSet<int> _largeDecisions = [];
    private readonly List<long> _void = [];
    private readonly HashSet<long> _voidSet = [];
    private long _cutTo;

    public IndexMemory Customers { get; } = new();

    public IndexMemory Decisions { get; } = new();

    public LastSequences LastSequences { get; } = new();

    public IndexSweep Sweep { get; } = new(leastRound);

    /// <summary>False: this decision is in no index, neither in memory nor in the table.</summary>
    public bool MayHaveDecision(UInt128 hash) => filter is null || filter.MayContain(hash);

    /// <summary>Buckets of the customer index that must not wait for their turn.</summary>
    public HashSet<int> LargeCustomers => _largeCustomers;

    public HashSet<int> LargeDecisions => _largeDecisions;

    /// <summary>Decision entries voided by the transaction under way.</summary>
    public int Voided => _void.Count;

    public static UInt128 KeyOf(CustomerKey customer) => new(customer.High, customer.Low);

    /// <summary>Takes in the records that the tables may lack. Nobody else uses it yet.</summary>
    public void Rebuild(SqliteDatabase database)
    {
        var watermark = database.ReadInt64("SELECT value FROM meta WHERE key='index_complete'") ?? 0;
        Sweep.Start(watermark);
        ReadAfter(database, watermark);
    }

    /// <summary>Takes in the committed records after one; returns the last of them.</summary>
    public long ReadAfter(SqliteDatabase database, long after)
    {
        using var rows = database.Prepare(
            "SELECT sequence, customer, customer_sequence, decision FROM log WHERE sequence>? AND (customer IS NOT NULL OR decision IS NOT NULL) ORDER BY sequence");
        rows.Bind(1, after);
        var last = after;
        while (rows.Step())
        {
            last = rows.Int64(0);
            Add(last, rows.Customer(1), rows.Int64(2), rows.Hash(3));
        }

        rows.Reset();
        Commit(last);
        return last;
    }

    /// <summary>Entries of a record of the transaction under way.</summary>
    public void Add(long sequence, CustomerKey customer, long customerSequence, UInt128 decision)
    {
        if (!customer.IsNone)
        {
            var key = KeyOf(customer);
            if (Customers.Add(new IndexEntry(key, customerSequence, sequence)) >= LargeBucket) _largeCustomers.Add(IndexMemory.BucketOf(key));
        }

        if (decision == default) return;
        filter?.Add(decision);
        if (Decisions.Add(new IndexEntry(decision, 0, sequence)) >= LargeBucket) _largeDecisions.Add(IndexMemory.BucketOf(decision));
    }

    /// <summary>Takes back what <see cref="Add"/> took in for the last record: a savepoint was rolled back.</summary>
    public void TakeBack(PendingAppend record)
    {
        if (!record.Customer.IsNone) Customers.RemoveLast(KeyOf(record.Customer));
        if (record.DecisionHash != default) Decisions.RemoveLast(record.DecisionHash);
    }

    /// <summary>The transaction under way has written these buckets to the tables.</summary>
    public void WroteCustomers(int bucket) => _writtenCustomers.Add(bucket);

    public void WroteDecisions(int bucket) => _writtenDecisions.Add(bucket);

    /// <summary>The record's decision is erased by the transaction under way.</summary>
    public void VoidDecision(long sequence)
    {
        if (_voidSet.Add(sequence)) _void.Add(sequence);
    }

    public bool IsVoid(long sequence) => _voidSet.Count > 0 && _voidSet.Contains(sequence);

    /// <summary>Takes back what was voided beyond a number: a savepoint was rolled back.</summary>
    public void Unvoid(int voided)
    {
        for (var n = voided; n < _void.Count; n++) _voidSet.Remove(_void[n]);
        _void.RemoveRange(voided, _void.Count - voided);
    }

    /// <summary>The last record that is cut from the log, once the transaction under way is committed; 0 for none that this index has known.</summary>
    public long Cutting { get; private set; }

    /// <summary>The transaction under way cuts the records up to one, and their entries out of the tables: none may be written behind it.</summary>
    public void CutTo(long sequence) => Cutting = sequence;

    public bool IsCut(long sequence) => sequence <= Cutting;

    /// <summary>The transaction is committed.</summary>
    /// <param name="last">The log's last record.</param>
    public void Commit(long last)
    {
        foreach (var bucket in _writtenCustomers) _largeCustomers.Remove(bucket);
        foreach (var bucket in _writtenDecisions) _largeDecisions.Remove(bucket);
        Customers.Publish(last, _writtenCustomers);
        Decisions.Publish(last, _writtenDecisions);
        if (_voidSet.Count > 0) Decisions.Remove(_voidSet);
        Sweep.Commit();
        if (Cutting > _cutTo) ForgetCut();
        filter?.GrowIfFull(Decisions);
        EndTransaction();
    }

    /// <summary>The transaction is undone, or was never begun.</summary>
    public void Discard()
    {
        Customers.Discard();
        Decisions.Discard();
        Sweep.Discard();
        Cutting = _cutTo;
        EndTransaction();
    }

    private void ForgetCut()
    {
        // What waits in memory is behind the watermark; in a store of some size it is far from what is cut.
        if (Cutting > Sweep.Watermark)
        {
            Customers.RemoveTo(Cutting);
            Decisions.RemoveTo(Cutting);
        }

        _cutTo = Cutting;
    }

    private void EndTransaction()
    {
        _writtenCustomers.Clear();
        _writtenDecisions.Clear();
        _void.Clear();
        _voidSet.Clear();
    }
}
