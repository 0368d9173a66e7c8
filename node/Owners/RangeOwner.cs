using PmOrleans.Node.Log;
using PmOrleans.Node.Retention;

namespace PmOrleans.Node.Owners;

/// <summary>
/// An owner's state over its life: where it stands in each node's log, what it has folded, and the row that both are saved in. Of two activations only one can
/// save; the other is told so and must go. One caller at a time, but calls may come while a save is under way.
/// </summary>
public sealed class RangeOwner : IDisposable
{
    private readonly PostgresStore _store;
    private readonly string _name;
    private readonly IOwnerBook _book;
    private readonly Dictionary<string, long> _watermarks;
    private IReadOnlyDictionary<string, long> _cut;
    private readonly SemaphoreSlim _saving = new(1, 1);
    private Dictionary<string, long>? _rebuilding;
    private long _rowVersion;
    private long _changes;
    private long _saved;
    private int _met;
    private bool _isLost;

    private RangeOwner(PostgresStore store, string name, IOwnerBook book, OwnerRow? row, IReadOnlyList<NodeEpoch> epochs)
    {
        (_store, _name, _book) = (store, name, book);
        _rowVersion = row?.Version ?? 0;
        _cut = store.CutMarks();
        _watermarks = new Dictionary<string, long>(row?.Watermarks ?? _cut, StringComparer.Ordinal);
        if (book is IBeginsAtCut cutBook && store.ReaderOf(() => 0) is var reader)
        {
            cutBook.Begin(() => LogBase.Load(reader), reader, isNew: row is null);
        }

        if (row is not null)
        {
            book.Restore(row.State);
        }

        book.StandAt(_watermarks);
        if (row is null)
        {
            book.Recount(epochs.Where(epoch => epoch.LastSequence > WatermarkOf(epoch.Node)).GroupBy(epoch => epoch.Node, StringComparer.Ordinal)
                .ToDictionary(node => node.Key, node => node.Max(epoch => epoch.LastSequence), StringComparer.Ordinal));
        }
    }

    /// <summary>Of this life of the owner.</summary>
    public Guid Activation { get; } = Guid.NewGuid();

    /// <summary>Whether all that was folded is saved.</summary>
    public bool IsSaved => _saved == _changes;

    /// <summary>Length of the state saved last.</summary>
    public int SavedBytes { get; private set; }

    /// <summary>Name of an owner's row in the store.</summary>
    public static string RowOf(OwnerName owner) => owner switch
    {
        OwnerName.Campaigns => "campaigns",
        OwnerName.Models => "models",
        _ => "segments",
    };

    /// <exception cref="NodeLogException">The store cannot be read.</exception>
    /// <exception cref="Decisioning.Codec.CorruptDataException">What was saved is damaged.</exception>
    public static async Task<RangeOwner> LoadAsync(PostgresStore store, OwnerName owner, IOwnerBook book, CancellationToken cancellation = default)
    {
        var row = await store.LoadOwnerAsync(RowOf(owner), cancellation);
        return new(store, RowOf(owner), book, row, row is null ? await store.NodesAsync(cancellation) : []);
    }

    public long WatermarkOf(string node) => _watermarks.GetValueOrDefault(node);

    /// <summary>Folds a stretch that begins where this owner stands in its log; drops what it has, refuses a gap.</summary>
    public RangeAnswer Fold(RangeReport report)
    {
        // Where the logs begin stands still from a publish on until what is folded anew for it is saved, whoever cuts them: so it is saved that the version was met, whatever came of it.
        var isNewer = report.CatalogVersion > _met;
        if (isNewer)
        {
            _cut = _store.CutMarks();
        }

        if (_book.Meet(report))
        {
            // Until all is folded again, replicas stay as they are: half a history is no estimate.
            _rebuilding = new Dictionary<string, long>(_watermarks, StringComparer.Ordinal);
            foreach (var node in _watermarks.Keys)
            {
                _watermarks[node] = _cut.GetValueOrDefault(node);
            }
        }

        if (isNewer)
        {
            _met = report.CatalogVersion;
            _changes++;
        }

        var stands = WatermarkOf(report.Node);
        var folded = stands == report.From && (report.IsQuestion || _book.TryFold(report));
        if (folded && !report.IsQuestion)
        {
            _watermarks[report.Node] = report.To;
            _changes++;
        }

        if (_rebuilding is not null && _rebuilding.All(end => WatermarkOf(end.Key) >= end.Value))
        {
            _rebuilding = null;
        }

        var known = report.Activation == Activation ? report.Version : -1;
        return new RangeAnswer(
            folded,
            WatermarkOf(report.Node),
            Activation,
            _rebuilding is null ? _book.Version : known,
            report.Epoch == 0 ? [] : _book.ChangesSince(_rebuilding is null ? known : long.MaxValue, report.Epoch, _watermarks.Values.Sum()));
    }

    public void Dispose() => _saving.Dispose();

    /// <summary>The book was changed by something else than a report.</summary>
    public void Touch() => _changes++;

    /// <summary>Completes when everything up to this call is saved.</summary>
    /// <exception cref="OwnerLostException">Another activation has saved, or nobody knows: this one must go.</exception>
    public async Task SaveAsync(CancellationToken cancellation = default)
    {
        var wanted = _changes;
        await _saving.WaitAsync(cancellation);
        try
        {
            if (_isLost)
            {
                throw new OwnerLostException(_name);
            }

            if (_saved >= wanted)
            {
                return;
            }

            // Whoever waits behind this has its change in here as well.
            var (saving, row) = (_changes, new OwnerRow(_name, _rowVersion, new Dictionary<string, long>(_watermarks, StringComparer.Ordinal), _book.Write()));
            try
            {
                _rowVersion = await _store.TrySaveOwnerAsync(row, cancellation) ?? throw new OwnerLostException(_name);
                (_saved, SavedBytes) = (saving, row.State.Length);
            }
            catch
            {
                // Perhaps it was saved: a next attempt with the old version could only fail.
                _isLost = true;
                throw;
            }
        }
        finally
        {
            _saving.Release();
        }
    }
}
