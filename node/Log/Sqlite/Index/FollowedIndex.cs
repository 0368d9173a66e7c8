namespace PmOrleans.Node.Log.Sqlite.Index;

/// <summary>
/// The indexes of a store that this process does not write, or that nobody writes: the entries that the tables may lack are read from the log, at first those
/// behind the watermark and then whatever has come since.
/// </summary>
/// <param name="database">A connection of its own.</param>
internal sealed class FollowedIndex(SqliteDatabase database)
{
    private readonly Lock _gate = new();
    private readonly LogIndex _index = new(int.MaxValue);
    private long _last = -1;

    /// <summary>With an entry for every record that was committed when this was called, unless the tables have it.</summary>
    public LogIndex Current()
    {
        lock (_gate)
        {
            if (_last < 0) _last = database.ReadInt64("SELECT value FROM meta WHERE key='index_complete'") ?? 0;
            _last = _index.ReadAfter(database, _last);
            return _index;
        }
    }
}
