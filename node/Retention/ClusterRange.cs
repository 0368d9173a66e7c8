using PmOrleans.Node.Log;
using PmOrleans.Node.Verification;

namespace PmOrleans.Node.Retention;

/// <summary>
/// What may be cut of the logs of all nodes of a store, as one log in the order of their transactions: a customer's records lie in several logs, and only in this
/// order does none go before one that it builds on. It ends before the first record that has to stay in its own log. Not thread-safe.
/// </summary>
/// <param name="lasts">By name, the last record of each node's log that may go.</param>
internal sealed class ClusterRange(PostgresStore store, IReadOnlyList<NodeEpoch> epochs, IReadOnlyDictionary<string, long> lasts)
{
    private readonly Queue<(long Position, string Node, long Sequence)> _read = [];
    private Dictionary<string, long> _marks = new(StringComparer.Ordinal);
    private ClusterLog? _log;

    /// <inheritdoc cref="RangeReader"/>
    public IReadOnlyList<LogRow> Read(long after, int limit)
    {
        if (_log is null || _log.Position > after)
        {
            // From where the logs begin by now.
            _log = new ClusterLog(store, epochs);
            _marks = new Dictionary<string, long>(store.CutMarks(), StringComparer.Ordinal);
            _read.Clear();
        }

        var rows = new List<LogRow>();
        while (rows.Count < limit && _log.Next is var (node, row) && row.Sequence <= lasts.GetValueOrDefault(node))
        {
            var next = _log.ReadRange(_log.Position, 1)[0];
            _read.Enqueue((next.Sequence, node, row.Sequence));
            if (next.Sequence > after)
            {
                rows.Add(next);
            }
        }

        return rows;
    }

    /// <summary>Where each node's log ends at a record that was read, by name. One call after the other, each for a later record.</summary>
    public IReadOnlyDictionary<string, long> MarksAt(long position)
    {
        if (_log!.Position < position)
        {
            // Somebody else has read from before it meanwhile.
            Read(_log.Position, (int)(position - _log.Position));
        }

        while (_read.TryPeek(out var next) && next.Position <= position)
        {
            _marks[next.Node] = next.Sequence;
            _read.Dequeue();
        }

        return _marks;
    }
}
