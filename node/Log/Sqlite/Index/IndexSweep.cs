namespace PmOrleans.Node.Log.Sqlite.Index;

/// <summary>
/// Which buckets a transaction writes to the tables: round and round, as far as it has brought records, so that what is written keeps up with what is added.
/// </summary>
/// <param name="recordsPerRound">Records in the time of a whole round; entries in memory are half as many, once it has gone round.</param>
internal sealed class IndexSweep(int recordsPerRound)
{
    // The watermark is a page of its own to write, hence not with every bucket.
    private const int MarksPerRound = 16;

    // SQLite walks the whole page cache at the end of a transaction in which a page of an index was split: balance_nonroot numbers it for a moment like the
    // page of the pending byte, far behind the end, and pcache1Truncate then looks for such pages everywhere. So not a bucket with every transaction.
    private const int Together = 4;

    private readonly long[] _completeTo = new long[IndexMemory.Buckets];
    private int _position;
    private long _credit;
    private int _ahead;
    private long _creditAhead;
    private long _last;

    /// <summary>Up to which record both tables hold everything, once the transaction under way is committed.</summary>
    public long Watermark => _ahead == IndexMemory.Buckets ? _last : _completeTo[(_position + _ahead) % IndexMemory.Buckets];

    /// <summary>The transaction under way should store the watermark.</summary>
    public bool IsMarkDue
    {
        get
        {
            const int stride = IndexMemory.Buckets / MarksPerRound;
            return (_position + _ahead) / stride != _position / stride;
        }
    }

    public void Start(long watermark) => Array.Fill(_completeTo, watermark);

    /// <summary>Plans a transaction; returns how many buckets are next, from <see cref="Next"/>(0) on.</summary>
    /// <param name="records">Records in the transaction.</param>
    /// <param name="last">The last record of the log with them.</param>
    /// <param name="all">Go all the way round.</param>
    public int Plan(int records, long last, bool all)
    {
        var credit = _credit + ((long)records * IndexMemory.Buckets);
        _ahead = all ? IndexMemory.Buckets : (int)Math.Min(IndexMemory.Buckets, credit / recordsPerRound);
        if (_ahead < Together) _ahead = 0;
        _creditAhead = _ahead == IndexMemory.Buckets ? 0 : credit - ((long)_ahead * recordsPerRound);
        _last = last;
        return _ahead;
    }

    public int Next(int n) => (_position + n) % IndexMemory.Buckets;

    public void Commit()
    {
        for (var n = 0; n < _ahead; n++) _completeTo[Next(n)] = _last;
        _position = Next(_ahead);
        _credit = _creditAhead;
        Discard();
    }

    public void Discard()
    {
        _ahead = 0;
        _creditAhead = _credit;
    }
}
