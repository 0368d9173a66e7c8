namespace PmOrleans.Node.Log.Sqlite.Index;

/// <summary>
/// Which buckets a transaction writes to the tables: round and round, as far as it has brought records, so that what is written keeps up with what is added.
/// </summary>
/// <remarks>
/// A round is an eighth of the log, so that about as many entries share a page of a large store as of a small one: a page that is written for one entry
/// costs as much as one that is written for ten. There is an end to that, as what waits in memory is read from the log again after a crash.
/// </remarks>
/// <param name="leastRound">Records in the time of a whole round, of a small log.</param>
internal sealed class IndexSweep(int leastRound)
{
    // The watermark is a page of its own to write, hence not with every bucket.
    private const int MarksPerRound = 16;

    private const int RoundOfLog = 8;

    private const int LargestRound = 8 * 96 * 1024;

    // SQLite walks the whole page cache at the end of a transaction in which a page of an index was split: balance_nonroot numbers it for a moment like the
    // page of the pending byte, far behind the end, and pcache1Truncate then looks for such pages everywhere. So not a few entries with every transaction,
    // but those of so many records at once.
    private const int RecordsTogether = 384;

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
        var round = Math.Max(leastRound, Math.Min(last / RoundOfLog, LargestRound));
        var credit = _credit + ((long)records * IndexMemory.Buckets);
        _ahead = all ? IndexMemory.Buckets : (int)Math.Min(IndexMemory.Buckets, credit / round);
        if (_ahead < Math.Min(IndexMemory.Buckets / 256, RecordsTogether * IndexMemory.Buckets / round)) _ahead = 0;
        _creditAhead = _ahead == IndexMemory.Buckets ? 0 : credit - (_ahead * round);
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
