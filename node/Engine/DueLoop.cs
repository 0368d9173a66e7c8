using System.Collections.Concurrent;
using PmOrleans.Decisioning.Identity;
using PmOrleans.Node.Customers;
using PmOrleans.Node.Log;

namespace PmOrleans.Node.Engine;

/// <summary>
/// Wakes customers for whom time alone changes something: live ones from a queue in memory, sleeping ones from the due times saved with their
/// snapshots, and after a start those whose last records no snapshot holds. Rate-limited.
/// </summary>
internal sealed class DueLoop(NodeEngine node, NodeEngineOptions options) : IAsyncDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan SleepersEvery = TimeSpan.FromSeconds(1);

    /// <summary>After a minute one is woken again: its snapshot may have been saved with another time that has come meanwhile.</summary>
    private const int MostPolls = 60;

    /// <summary>Entries beside the live customers that are not worth a walk over all.</summary>
    private const int MostStale = 1_000;

    /// <summary>A customer whose time has moved forward has another entry before this one.</summary>
    private PriorityQueue<CustomerCell, long> _queue = new();

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Queue<CustomerKey> _behind = new();
    private readonly ConcurrentQueue<CustomerKey> _adoptedBehind = new();
    private readonly ConcurrentQueue<UInt128> _again = new();
    private readonly ConcurrentQueue<CustomerKey> _sweep = new();
    private int _swept;

    /// <summary>Whom a sweep is about that cannot say so yet.</summary>
    private volatile Func<IReadOnlyCollection<CustomerKey>?>? _sweepLater;

    /// <summary>Until everybody has been visited and that is with the log.</summary>
    private volatile bool _sweeping;

    /// <summary>Sleepers woken whose saved due time still stands, with the polls since.</summary>
    private Dictionary<CustomerKey, int> _woken = [];
    private IReadOnlyList<ILogReader> _adopted = [];
    private Task _loop = Task.CompletedTask;

    /// <summary>Entries of the queue in memory, stale ones with them.</summary>
    public int Queued
    {
        get
        {
            lock (_gate)
            {
                return _queue.Count;
            }
        }
    }

    public void Start()
    {
        var tailStart = node.Log.Reader.TailStart();
        foreach (var customer in node.Log.Reader.CustomersWithTail(tailStart - 1))
        {
            _behind.Enqueue(customer);
        }

        node.Dirty.Floor = _behind.Count > 0 ? tailStart : long.MaxValue;

        _loop = RunAsync();
    }

    /// <summary>Wakes the sleepers of other nodes' logs as well, from now on these; and once everybody whose records there no snapshot holds.</summary>
    public void Adopt(IReadOnlyList<ILogReader> readers)
    {
        foreach (var reader in readers)
        {
            foreach (var customer in reader.CustomersWithTail(reader.TailStart() - 1))
            {
                _adoptedBehind.Enqueue(customer);
            }
        }

        Volatile.Write(ref _adopted, readers);
    }

    /// <summary>Notes when a customer is due; under the cell's lock, after each command.</summary>
    public void Watch(CustomerCell cell)
    {
        if (cell.State is not { } state)
        {
            return;
        }

        var due = state.DueMicros;
        if (due >= cell.QueuedDueMicros)
        {
            return;
        }

        cell.QueuedDueMicros = due;
        lock (_gate)
        {
            _queue.Enqueue(cell, due);
        }
    }

    /// <summary>Wakes a customer once more on the next tick: what was written for it did not get into the log.</summary>
    public void Again(UInt128 idHash) => _again.Enqueue(idHash);

    /// <summary>Wakes every live customer who is due, for a node that is stepped.</summary>
    public async Task WakeAllAsync() => await WakeLiveAsync(int.MaxValue);

    /// <summary>Wakes all whom the sweep that is under way has not come to, for a node that is stepped.</summary>
    public Task SweepAllAsync() => SweepAsync(int.MaxValue);

    /// <summary>Wakes customers one after the other, with what the others leave of the rate: their segments may be others now.</summary>
    public void Sweep(IReadOnlyCollection<CustomerKey> customers)
    {
        if (_sweep.IsEmpty)
        {
            _swept = 0;
        }

        foreach (var customer in customers)
        {
            _sweep.Enqueue(customer);
        }

        _sweeping = true;
    }

    /// <summary>Begins a sweep as soon as it is known whom it is about; it counts as under way from now on.</summary>
    /// <param name="concerned"><c>null</c> while that is not known. Asked again and again, by the loop.</param>
    public void SweepLater(Func<IReadOnlyCollection<CustomerKey>?> concerned) => (_sweepLater, _sweeping) = (concerned, true);

    /// <summary>Percent of a sweep done, <c>null</c> when none is under way.</summary>
    public int? SweepProgress => !_sweeping ? null : _sweepLater is not null ? 0 : _sweep.Count is > 0 and var left ? (int)(100L * _swept / (_swept + left)) : 99;

    /// <summary>Customers woken by the sweep that is under way, or by the last one.</summary>
    public int Swept => Volatile.Read(ref _swept);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Tick);
        var sinceSleepers = SleepersEvery;
        var perTick = Math.Max(1, (int)(options.WakesPerSecond * Tick.TotalSeconds));
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                try
                {
                    var left = await WakeLiveAsync(perTick);
                    left = await LoadBehindAsync(left);
                    left = await SweepAsync(left);
                    sinceSleepers += Tick;
                    if (sinceSleepers >= SleepersEvery)
                    {
                        sinceSleepers = TimeSpan.Zero;
                        node.Directory.Tick++;
                        await WakeSleepersAsync(options.WakesPerSecond - perTick + left);
                        node.Directory.Passivate(options.MaxLiveCustomers);
                        DropStale();
                        await node.RefreshRfmAsync();
                    }
                }
                catch (Exception failure) when (failure is NodeUnavailableException or NodeLogException)
                {
                    // The log cannot be written or read now; whoever is due stays due.
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }

    private async Task<int> WakeLiveAsync(int most)
    {
        for (var left = Math.Min(most, _again.Count); left > 0 && _again.TryDequeue(out var again); left--)
        {
            most--;
            await node.ReachAsync(again);
        }

        var now = node.NowMicros;
        while (most > 0)
        {
            CustomerCell? cell;
            long due;
            lock (_gate)
            {
                if (!_queue.TryPeek(out cell, out due) || due > now)
                {
                    return most;
                }

                _queue.Dequeue();
            }

            lock (cell)
            {
                if (cell.QueuedDueMicros != due)
                {
                    continue;
                }

                cell.QueuedDueMicros = long.MaxValue;
            }

            most--;
            await node.ReachAsync(cell.IdHash);
        }

        return 0;
    }

    /// <summary>
    /// Once there are a quarter more entries than live customers: drops those that another entry came before, and those of customers who were saved and taken out of
    /// memory, whose states they would keep there. The saved due times speak for them. On the loop's task: nobody takes from the queue meanwhile.
    /// </summary>
    private void DropStale()
    {
        PriorityQueue<CustomerCell, long> all;
        lock (_gate)
        {
            if (_queue.Count <= MostStale + (node.Directory.Count * 5L / 4))
            {
                return;
            }

            (all, _queue) = (_queue, new());
        }

        // Without the lock, as commands wait for it. What an entry says may change under the look at it: then another one has come, which is kept below.
        var kept = new PriorityQueue<CustomerCell, long>(all.UnorderedItems.Where(static entry =>
            entry.Element.QueuedDueMicros == entry.Priority && entry.Element is not { IsEvicted: true, DirtySince: 0 }));
        lock (_gate)
        {
            foreach (var (cell, due) in _queue.UnorderedItems)
            {
                kept.Enqueue(cell, due);
            }

            _queue = kept;
        }
    }

    private async Task<int> LoadBehindAsync(int most)
    {
        while (most > 0 && _behind.TryPeek(out var customer))
        {
            most--;
            await WakeAsync(customer);
            _behind.Dequeue();
            if (_behind.Count == 0)
            {
                node.Dirty.Floor = long.MaxValue;
            }
        }

        while (most > 0 && _adoptedBehind.TryDequeue(out var customer))
        {
            most--;
            await WakeAsync(customer);
        }

        return most;
    }

    private async Task<int> SweepAsync(int most)
    {
        if (_sweepLater is { } later)
        {
            if (later() is not { } concerned)
            {
                return most;
            }

            _sweepLater = null;
            Sweep(concerned);
        }

        while (most > 0 && _sweep.TryPeek(out var customer))
        {
            most--;
            await WakeAsync(customer);
            _sweep.TryDequeue(out _);
            _swept++;
        }

        // Whose record a full log refused has not been visited.
        if (_sweeping && _sweep.IsEmpty && _again.IsEmpty)
        {
            await node.SweptAsync();
            _sweeping = !_sweep.IsEmpty;
        }

        return most;
    }

    private async Task WakeSleepersAsync(int most)
    {
        if (most == 0)
        {
            return;
        }

        // The saved due time stays behind until the next snapshot: whoever was woken is passed over meanwhile, or the first would keep out the rest.
        var stillSaved = new Dictionary<CustomerKey, int>(_woken.Count);
        foreach (var customer in DueCustomers(most + _woken.Count))
        {
            if (_woken.TryGetValue(customer, out var polls) && polls < MostPolls)
            {
                stillSaved[customer] = polls + 1;
            }
            else if (most-- > 0)
            {
                await WakeAsync(customer);
                stillSaved[customer] = 0;
            }
        }

        _woken = stillSaved;
    }

    private IEnumerable<CustomerKey> DueCustomers(int most)
    {
        var now = node.NowMicros;
        IEnumerable<CustomerKey> due = node.Log.Reader.DueCustomers(now, most);
        return _adopted is { Count: > 0 } adopted ? due.Concat(adopted.SelectMany(reader => reader.DueCustomers(now, most))) : due;
    }

    private async Task WakeAsync(CustomerKey customer)
    {
        if (node.Log.Reader.IdentitiesOf(customer) is [{ } identity, ..])
        {
            await node.ReachAsync(identity.IdHash);
        }
    }
}
