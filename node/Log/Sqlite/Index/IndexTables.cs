using System.Runtime.InteropServices;
using PmOrleans.Decisioning.Identity;

namespace PmOrleans.Node.Log.Sqlite.Index;

/// <summary>The writer's side of the deferred indexes: looks keys up in memory and table, writes buckets to the tables.</summary>
internal sealed class IndexTables(SqliteDatabase database, LogIndex index)
{
    // A crash may have left some entries of a bucket in the table and in memory; they are the same.
    private readonly SqliteStatement _insertCustomer = database.Prepare("INSERT OR IGNORE INTO customer_record VALUES(?,?,?)");
    private readonly SqliteStatement _insertDecision = database.Prepare("INSERT OR IGNORE INTO decision VALUES(?,?)");
    private readonly SqliteStatement _findDecision = database.Prepare("SELECT 1 FROM decision WHERE hash=?");
    private readonly SqliteStatement _findCustomer = database.Prepare("SELECT 1 FROM customer_record WHERE customer=? AND customer_sequence=?");
    private readonly SqliteStatement _findLast = database.Prepare("SELECT max(customer_sequence) FROM customer_record WHERE customer=?");
    private readonly SqliteStatement _saveWatermark = database.Prepare("UPDATE meta SET value=? WHERE key='index_complete'");
    private readonly List<IndexEntry> _sorted = [];

    public bool HasDecision(UInt128 hash)
    {
        if (!index.MayHaveDecision(hash)) return false;
        foreach (ref readonly var entry in index.Decisions.Bucket(IndexMemory.BucketOf(hash)))
        {
            if (entry.Key == hash && !index.IsVoid(entry.Sequence)) return true;
        }

        return Exists(_findDecision.Bind(1, hash));
    }

    /// <summary>Whether (customer, sequence) is taken; remembers the sequence as one that the customer may have by now.</summary>
    public bool HasRecord(CustomerKey customer, long customerSequence)
    {
        if (!index.LastSequences.TryGet(customer, out var last)) last = ReadLast(customer);
        if (customerSequence > last)
        {
            index.LastSequences.Put(customer, customerSequence);
            return false;
        }

        index.LastSequences.Put(customer, last);
        var key = LogIndex.KeyOf(customer);
        foreach (ref readonly var entry in index.Customers.Bucket(IndexMemory.BucketOf(key)))
        {
            if (entry.Key == key && entry.CustomerSequence == customerSequence) return true;
        }

        return Exists(_findCustomer.Bind(1, key).Bind(2, customerSequence));
    }

    /// <summary>Writes what is due in the transaction under way, at its end: nothing may be added behind it.</summary>
    /// <param name="records">Records in the transaction.</param>
    /// <param name="last">The log's last record with them.</param>
    /// <param name="all">Everything, as at the end.</param>
    public void WriteDue(int records, long last, bool all = false)
    {
        foreach (var bucket in index.LargeCustomers) WriteCustomers(bucket);
        foreach (var bucket in index.LargeDecisions) WriteDecisions(bucket);
        var due = index.Sweep.Plan(records, last, all);
        for (var n = 0; n < due; n++)
        {
            WriteCustomers(index.Sweep.Next(n));
            WriteDecisions(index.Sweep.Next(n));
        }

        if (index.Sweep.IsMarkDue) _saveWatermark.Bind(1, index.Sweep.Watermark).Run();
    }

    /// <summary>Brings the customer's own entries to the table, so that it alone tells which records are the customer's.</summary>
    public void WriteCustomer(CustomerKey customer)
    {
        var key = LogIndex.KeyOf(customer);
        foreach (ref readonly var entry in index.Customers.Bucket(IndexMemory.BucketOf(key)))
        {
            if (entry.Key == key) Insert(entry);
        }
    }

    private void WriteCustomers(int bucket)
    {
        foreach (ref readonly var entry in Sorted(index.Customers.Bucket(bucket))) Insert(entry);
        index.WroteCustomers(bucket);
    }

    private void WriteDecisions(int bucket)
    {
        foreach (ref readonly var entry in Sorted(index.Decisions.Bucket(bucket)))
        {
            if (!index.IsVoid(entry.Sequence) && !index.IsCut(entry.Sequence)) _insertDecision.Bind(1, entry.Key).Bind(2, entry.Sequence).Run();
        }

        index.WroteDecisions(bucket);
    }

    private void Insert(in IndexEntry entry)
    {
        if (!index.IsCut(entry.Sequence)) _insertCustomer.Bind(1, entry.Key).Bind(2, entry.CustomerSequence).Bind(3, entry.Sequence).Run();
    }

    /// <summary>In the order of the tree, so that entries of one page follow one another. The bucket keeps the order of the log.</summary>
    private ReadOnlySpan<IndexEntry> Sorted(ReadOnlySpan<IndexEntry> entries)
    {
        _sorted.Clear();
        _sorted.AddRange(entries);
        var sorted = CollectionsMarshal.AsSpan(_sorted);
        sorted.Sort(IndexEntry.Order);
        return sorted;
    }

    private long ReadLast(CustomerKey customer)
    {
        var last = long.MinValue;
        var key = LogIndex.KeyOf(customer);
        foreach (ref readonly var entry in index.Customers.Bucket(IndexMemory.BucketOf(key)))
        {
            if (entry.Key == key) last = Math.Max(last, entry.CustomerSequence);
        }

        if (_findLast.Bind(1, key).Step() && !_findLast.IsNull(0)) last = Math.Max(last, _findLast.Int64(0));
        _findLast.Reset();
        return last;
    }

    private static bool Exists(SqliteStatement statement)
    {
        var exists = statement.Step();
        statement.Reset();
        return exists;
    }
}
