using PmOrleans.Decisioning.Identity;
using PmOrleans.Node.Log;
using PmOrleans.Node.Log.Postgres;
using PmOrleans.Node.Retention;

namespace PmOrleans.Node.Verification;

/// <summary>
/// The logs of all nodes of a store in one order, each up to where it stood at the beginning, as one log to be verified: records are numbered as they come, and
/// no record comes before one that it builds on. What was cut is counted: the first record here has the number behind it. Read once from front to back. What is not about
/// ranges is the cluster's anyway.
/// </summary>
internal sealed class ClusterLog : ILogReader
{
    private const int Page = 500;
    private readonly List<NodeCursor> _nodes = [];
    private readonly List<(long Epoch, bool Sealed)> _epochs;
    private readonly PostgresLogReader _cluster;
    private long _position;

    public ClusterLog(PostgresStore store, IReadOnlyList<NodeEpoch> epochs)
    {
        _epochs = [.. epochs.Select(epoch => (epoch.Epoch, epoch.Sealed))];
        var cut = store.CutMarks();
        foreach (var node in epochs.GroupBy(epoch => epoch.Node, StringComparer.Ordinal))
            _nodes.Add(new NodeCursor(node.Key, store.LogOf(node.Key), cut.GetValueOrDefault(node.Key), node.Max(epoch => epoch.LastSequence)));
        _cluster = store.ReaderOf(() => 0);
        _position = cut.Count == 0 ? 0 : LoadCheckpoint(LogBase.Name)?.Watermark ?? 0;
    }

    /// <summary>The number of the last record that was read, or cut.</summary>
    public long Position => _position;

    /// <summary>The record that is read next, with its node and its sequence there; <c>null</c> at the end.</summary>
    public (string Node, LogRow Row)? Next => First() is { } first ? (first.Name, first.Next) : null;

    public IReadOnlyList<LogRow> ReadRange(long afterSequence, int limit)
    {
        if (afterSequence != _position) throw new InvalidOperationException($"The logs are read once and stand at {_position}, not at {afterSequence}.");
        var rows = new List<LogRow>();
        while (rows.Count < limit && First() is { } first) rows.Add(first.Take() with { Sequence = ++_position });
        return rows;
    }

    /// <summary>Every record with the name of its node, in the same order; instead of ranges, not beside them.</summary>
    public IEnumerable<(string Node, LogRow Row)> ReadAll()
    {
        while (First() is { } first) yield return (first.Name, first.Take());
    }

    public IdentityRow? FindIdentity(UInt128 idHash) => _cluster.FindIdentity(idHash);

    public IReadOnlyList<IdentityRow> IdentitiesOf(CustomerKey customer) => _cluster.IdentitiesOf(customer);

    public IReadOnlyList<UInt128> ReadIdHashes(UInt128 afterIdHash, int limit) => _cluster.ReadIdHashes(afterIdHash, limit);

    public IReadOnlyList<IdentityRow> ReadIdentities(UInt128 afterIdHash, int limit) => _cluster.ReadIdentities(afterIdHash, limit);

    public IReadOnlyList<SavedCustomerRow> ReadSaved(UInt128 afterIdHash, int limit) => _cluster.ReadSaved(afterIdHash, limit);

    public TombstoneRow? FindTombstone(UInt128 idHash) => _cluster.FindTombstone(idHash);

    public SnapshotRow? LoadSnapshot(CustomerKey customer) => _cluster.LoadSnapshot(customer);

    public IReadOnlyList<LogRow> ReadCustomer(CustomerKey customer, long afterCustomerSequence, int limit) =>
        _cluster.ReadCustomer(customer, afterCustomerSequence, limit);

    public LogRow? FindDecision(UInt128 decisionHash) => _cluster.FindDecision(decisionHash);

    public BaseRow? LoadBase(CustomerKey customer) => _cluster.LoadBase(customer);

    public IReadOnlyList<BaseRow> ReadBases(CustomerKey after, int limit) => _cluster.ReadBases(after, limit);

    /// <summary>A node's own projector has folded that node's log only, which says nothing about all of them; the base is of all of them.</summary>
    public CheckpointRow? LoadCheckpoint(string projection) => projection == LogBase.Name ? _cluster.LoadCheckpoint(projection) : null;

    public CatalogRow? LoadCatalog(int version) => _cluster.LoadCatalog(version);

    public int LatestCatalogVersion() => _cluster.LatestCatalogVersion();

    public byte[]? GetValue(string key) => _cluster.GetValue(key);

    public long TailStart() => 0;

    public IReadOnlyList<CustomerKey> CustomersWithTail(long afterSequence) => [];

    public IReadOnlyList<CustomerKey> DueCustomers(long atMicros, int limit) => [];

    public IReadOnlyList<(long Epoch, bool Sealed)> Epochs() => _epochs;

    private NodeCursor? First()
    {
        NodeCursor? first = null;
        foreach (var node in _nodes)
        {
            if (node.Turn is { } turn && (first is null || turn < first.Turn)) first = node;
        }

        return first;
    }

    private sealed class NodeCursor(string name, PostgresLogReader log, long begin, long end)
    {
        private List<(long Turn, LogRow Row)> _page = [];
        private int _next;
        private long _last = begin;

        public string Name => name;

        public LogRow Next => _page[_next].Row;

        /// <summary>Of the next record; null at the end.</summary>
        public long? Turn
        {
            get
            {
                if (_next == _page.Count && _last < end)
                {
                    (_page, _next) = (log.ReadTurns(_last, end, Page), 0);
                    _last = _page.Count < Page ? end : _page[^1].Row.Sequence;
                }

                return _next < _page.Count ? _page[_next].Turn : null;
            }
        }

        public LogRow Take() => _page[_next++].Row;
    }
}
