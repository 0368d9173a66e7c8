namespace PmOrleans.Node.Log.Sqlite.Index;

/// <summary>
/// Tells the writer of most new decision ids that they are in no index, so that nothing is looked up for them: in a large store every look-up is a page
/// read at a random place.
/// </summary>
/// <remarks>
/// The filter of a start, and the larger one when it is full, is filled from the table by a thread of its own, in short reads that do not hold the
/// write-ahead log back. Until that is done, and when it fails, everything is looked up. What the table gets meanwhile, the writer has added itself.
/// </remarks>
internal sealed class DecisionFilter(string path, TimeSpan busyTimeout) : IDisposable
{
    /// <summary>128 million keys, 256 MiB; beyond it, wrong answers grow more frequent.</summary>
    private const long LargestCapacity = 1L << 27;

    private const int KeysPerRead = 20_000;

    private KeyFilter? _complete;
    private KeyFilter? _growing;
    private Thread? _reader;
    private volatile bool _isRead;
    private volatile bool _stopping;
    private long _keys;

    /// <summary>Whether it knows every key; until then it says "maybe" of all.</summary>
    public bool IsComplete => _complete is not null;

    public bool MayContain(UInt128 key)
    {
        Take();
        return _complete is null || _complete.MayContain(key);
    }

    public void Add(UInt128 key)
    {
        _keys++;
        _complete?.Add(key);
        _growing?.Add(key);
    }

    /// <summary>Begins to read the table.</summary>
    /// <param name="keys">Not less than the keys there are.</param>
    /// <param name="inMemory">What the table may lack.</param>
    public void Start(long keys, IndexMemory inMemory)
    {
        _keys = keys;
        _isRead = false;
        _growing = new KeyFilter(Math.Min(2 * keys, LargestCapacity));
        for (var bucket = 0; bucket < IndexMemory.Buckets; bucket++)
        {
            foreach (ref readonly var entry in inMemory.Bucket(bucket)) _growing.Add(entry.Key);
        }

        _reader = new Thread(ReadTable) { IsBackground = true, Name = "node log decision filter", Priority = ThreadPriority.BelowNormal };
        _reader.Start(_growing);
    }

    /// <summary>A larger filter when this one is full; between two transactions.</summary>
    public void GrowIfFull(IndexMemory inMemory)
    {
        Take();
        if (_complete is not null && _growing is null && _keys > _complete.Capacity && _complete.Capacity < LargestCapacity) Start(_keys, inMemory);
    }

    public void Dispose()
    {
        _stopping = true;
        _reader?.Join();
    }

    private void Take()
    {
        if (!_isRead) return;
        _isRead = false;
        (_complete, _growing) = (_growing, null);
    }

    private void ReadTable(object? filter)
    {
        try
        {
            using var database = SqliteDatabase.OpenReader(path, busyTimeout);
            using var keys = database.Prepare("SELECT hash FROM decision WHERE hash>? ORDER BY hash LIMIT ?");
            UInt128? last = UInt128.Zero;
            while (last is not null && !_stopping) last = ReadOn(keys, last.Value, (KeyFilter)filter!);
            if (!_stopping) _isRead = true;
        }
        catch (SqliteStoreException)
        {
            // Unfinished, it stays unused: every key is looked up, as without it.
        }
    }

    /// <summary>Adds some keys behind one; returns the last of them, or null at the end.</summary>
    private static UInt128? ReadOn(SqliteStatement keys, UInt128 after, KeyFilter filter)
    {
        UInt128? last = null;
        keys.Bind(1, after).Bind(2, (long)KeysPerRead);
        while (keys.Step())
        {
            last = keys.Hash(0);
            filter.Add(last.Value);
        }

        keys.Reset();
        return last;
    }
}
