using System.Runtime.InteropServices;

namespace PmOrleans.Node.Log.Sqlite.Index;

/// <summary>
/// The entries of one index that are not in its table yet, in buckets by the top bits of the key, so that a bucket is a stretch of the table's tree.
/// </summary>
/// <remarks>
/// The writer's thread alone changes it, under the lock; other threads read under the lock and see nothing of the transaction under way. A bucket holds
/// at most some hundred random keys, which are searched one by one.
/// </remarks>
internal sealed class IndexMemory
{
    private const int BucketBits = 13;

    public const int Buckets = 1 << BucketBits;

    private readonly Lock _gate = new();
    private readonly List<IndexEntry>[] _buckets = new List<IndexEntry>[Buckets];
    private readonly List<int> _touched = [];
    private long _published;
    private int _count;

    public IndexMemory()
    {
        for (var bucket = 0; bucket < Buckets; bucket++) _buckets[bucket] = [];
    }

    public int Count => Volatile.Read(ref _count);

    public static int BucketOf(UInt128 key) => (int)(key >> (128 - BucketBits));

    /// <summary>Adds an entry of the transaction under way; returns how many its bucket has now.</summary>
    public int Add(IndexEntry entry)
    {
        var bucket = BucketOf(entry.Key);
        lock (_gate)
        {
            _buckets[bucket].Add(entry);
            _count++;
        }

        _touched.Add(bucket);
        return _buckets[bucket].Count;
    }

    /// <summary>Removes the entry that was added last, of this key.</summary>
    public void RemoveLast(UInt128 key)
    {
        var bucket = _buckets[BucketOf(key)];
        lock (_gate)
        {
            bucket.RemoveAt(bucket.Count - 1);
            _count--;
        }
    }

    /// <summary>For the writer's thread.</summary>
    public ReadOnlySpan<IndexEntry> Bucket(int bucket) => CollectionsMarshal.AsSpan(_buckets[bucket]);

    /// <summary>The transaction is committed: its entries are there for everybody, and those it has written to the table are done with.</summary>
    public void Publish(long sequence, IReadOnlyList<int> written)
    {
        lock (_gate)
        {
            _published = sequence;
            for (var n = 0; n < written.Count; n++)
            {
                _count -= _buckets[written[n]].Count;
                _buckets[written[n]].Clear();
            }
        }

        _touched.Clear();
    }

    /// <summary>The transaction is undone.</summary>
    public void Discard()
    {
        lock (_gate)
        {
            foreach (var bucket in _touched) _count -= _buckets[bucket].RemoveAll(entry => entry.Sequence > _published);
        }

        _touched.Clear();
    }

    public void Remove(HashSet<long> sequences)
    {
        lock (_gate)
        {
            foreach (var bucket in _buckets) _count -= bucket.RemoveAll(entry => sequences.Contains(entry.Sequence));
        }
    }

    /// <summary>Forgets the entries of all records up to one.</summary>
    public void RemoveTo(long sequence)
    {
        lock (_gate)
        {
            foreach (var bucket in _buckets) _count -= bucket.RemoveAll(entry => entry.Sequence <= sequence);
        }
    }

    /// <summary>The record of the last committed entry with this key; 0 for none.</summary>
    public long FindPublished(UInt128 key)
    {
        lock (_gate)
        {
            long found = 0;
            foreach (ref readonly var entry in Bucket(BucketOf(key)))
            {
                if (entry.Key == key && entry.Sequence <= _published) found = entry.Sequence;
            }

            return found;
        }
    }

    /// <summary>Committed entries with this key after a customer sequence, ascending.</summary>
    public IReadOnlyList<IndexEntry> Published(UInt128 key, long afterCustomerSequence)
    {
        List<IndexEntry>? found = null;
        lock (_gate)
        {
            foreach (ref readonly var entry in Bucket(BucketOf(key)))
            {
                if (entry.Key == key && entry.Sequence <= _published && entry.CustomerSequence > afterCustomerSequence) (found ??= []).Add(entry);
            }
        }

        if (found is null) return [];
        found.Sort(IndexEntry.Order);
        return found;
    }
}
