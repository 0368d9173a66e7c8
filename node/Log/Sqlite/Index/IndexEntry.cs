namespace PmOrleans.Node.Log.Sqlite.Index;

/// <summary>An entry of one of the two deferred indexes.</summary>
/// <param name="Key">The customer's key or the decision's hash, big-endian in the table.</param>
/// <param name="CustomerSequence">0 in the decision index.</param>
/// <param name="Sequence">The record it points to.</param>
internal readonly record struct IndexEntry(UInt128 Key, long CustomerSequence, long Sequence)
{
    /// <summary>The order of the tables.</summary>
    public static readonly Comparison<IndexEntry> Order = static (left, right) =>
    {
        var key = left.Key.CompareTo(right.Key);
        return key != 0 ? key : left.CustomerSequence.CompareTo(right.CustomerSequence);
    };
}
