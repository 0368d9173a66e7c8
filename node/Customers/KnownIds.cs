using PmOrleans.Node.Log;

namespace PmOrleans.Node.Customers;

/// <summary>
/// Which outside ids a store that is a trip away may know of, so that an id that is certainly new need not be asked for: most of what a shop sends about strangers.
/// For a node that is alone; what another process adds would be taken for new until the log refuses it, and what another process erased would not be remembered.
/// </summary>
/// <remarks>
/// Bloom filters, each twice as large as the one before: two bytes an id and a few wrong "maybes" in a thousand, each of which costs a look at the store and nothing
/// else. While the store is read through, nothing is certain.
/// </remarks>
/// <param name="firstCapacity">Ids that the first filter is made for.</param>
internal sealed class KnownIds(ILogReader reader, long firstCapacity = 1 << 20) : IAsyncDisposable
{
    private const int Page = 20_000;

    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private KeyFilter[] _filters = [new KeyFilter(firstCapacity)];
    private long _added;
    private Task _reading = Task.CompletedTask;
    private volatile bool _isComplete;

    /// <summary>Whether all ids of the store are in.</summary>
    public bool IsComplete => _isComplete;

    /// <summary>Begins to read the store's ids, behind everything else. From its construction on, <see cref="IsNew"/> must have heard of every id that may be written.</summary>
    public void Start() => _reading = Task.Factory.StartNew(Read, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Whether nobody has or had this id, certainly. From now on somebody may.</summary>
    public bool IsNew(UInt128 idHash)
    {
        if (MayContain(idHash))
        {
            return false;
        }

        Add(idHash);
        return _isComplete;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();

        // Whatever ended it, it means no more than that nothing is certain.
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private bool MayContain(UInt128 idHash) => Array.Exists(Volatile.Read(ref _filters), filter => filter.MayContain(idHash));

    private void Add(UInt128 idHash)
    {
        lock (_gate)
        {
            var last = _filters[^1];
            if (_added >= last.Capacity)
            {
                last = new KeyFilter(last.Capacity * 2);
                Volatile.Write(ref _filters, [.. _filters, last]);
                _added = 0;
            }

            last.Add(idHash);
            _added++;
        }
    }

    private void Read()
    {
        UInt128 after = 0;
        while (!_stop.IsCancellationRequested)
        {
            IReadOnlyList<UInt128> page;
            try
            {
                page = reader.ReadIdHashes(after, Page);
            }
            catch (NodeLogException)
            {
                // The store is away. Until it has been read, every id is asked for.
                _stop.Token.WaitHandle.WaitOne(TimeSpan.FromSeconds(1));
                continue;
            }

            foreach (var idHash in page.Where(id => !MayContain(id)))
            {
                Add(idHash);
            }

            if (page.Count < Page)
            {
                _isComplete = true;
                return;
            }

            after = page[^1];
        }
    }
}
