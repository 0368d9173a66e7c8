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
    private readonly ManualResetEventSlim _stop = new();
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
    /// <param name="after">How long from now the reading begins.</param>
    public void Start(long keys, IndexMemory inMemory, TimeSpan after = default)
    {
        _keys = keys;
        _isRead = false;
        _growing = new KeyFilter(Math.Min(2 * keys, LargestCapacity));
        for (var bucket = 0; bucket < IndexMemory.Buckets; bucket++)
        {
            foreach (ref readonly var entry in inMemory.Bucket(bucket)) _growing.Add(entry.Key);
        }

        _reader = new Thread(filter => ReadTable(filter, after)) { IsBackground = true, Name = "node log decision filter", Priority = ThreadPriority.BelowNormal };
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
        _stop.Set();
        _reader?.Join();
        _stop.Dispose();
    }

    private void Take()
    {
        if (!_isRead) return;
        _isRead = false;
        (_complete, _growing) = (_growing, null);
    }

    private void ReadTable(object? filter, TimeSpan after)
    {
        if (_stop.Wait(after)) return;
        try
        {
            using var database = SqliteDatabase.OpenReader(path, busyTimeout);
            using var keys = database.Prepare("SELECT hash FROM decision WHERE hash>? ORDER BY hash LIMIT ?");
            UInt128? last = UInt128.Zero;
            while (last is not null && !_stop.IsSet) last = ReadOn(keys, last.Value, (KeyFilter)filter!);
            if (!_stop.IsSet) _isRead = true;
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
