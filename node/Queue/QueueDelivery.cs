using System.Diagnostics;
using PmOrleans.Node.Engine;
using PmOrleans.Node.Log;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Queue;

/// <summary>
/// Brings this node's share of the queue to the customers: at least once, each customer's touchpoints in the order of the queue and one delivery of a customer at a
/// time, different customers beside each other. Message ids make it once in effect. A customer who cannot be reached is tried again and holds nobody up; what
/// breaks a rule, or fails again and again, is set aside.
/// </summary>
public sealed class QueueDelivery : IAsyncDisposable
{
    /// <summary>Rows read of a part at once: 32 parts of them are a batch as a silo commits it.</summary>
    private const int RowsOfPart = 64;

    /// <summary>Customers under way beyond which no more rows are read.</summary>
    private const int MostUnderWay = 20_000;

    /// <summary>How long the deliveries of one reading are waited for together; the slower ones go on beside the next.</summary>
    private static readonly TimeSpan Together = TimeSpan.FromMilliseconds(50);

    /// <summary>Between looks at who is there.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(500);

    /// <summary>At a stop: for what is under way to come to its end. What does not is delivered again by another node.</summary>
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(5);

    private readonly NodeEngine _engine;
    private readonly TouchpointQueue _queue;
    private readonly CustomerDelivery _customers;
    private readonly Func<QueueShare> _share;
    private readonly IQueueNotices _notices;
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<UInt128, (short Part, Task<DeliveryOutcome> Delivery)> _underWay = [];
    private readonly Dictionary<UInt128, long> _waitUntil = [];
    private readonly BacklogCount _count;
    private List<short> _parts = [];

    /// <summary>Those of its parts that this node should have; of the others nothing more is begun, so that they can be given back.</summary>
    private List<short> _read = [];
    private Task _running = Task.CompletedTask;
    private long _lookedAt = long.MinValue;

    /// <param name="queue">The engine's; stays its owner's.</param>
    /// <param name="deliver">Applies touchpoints of one customer, in order, as one call: durable and visible when it is accepted.</param>
    /// <param name="share">What this node should read now.</param>
    public QueueDelivery(NodeEngine engine, TouchpointQueue queue, DeliverTouchpoints deliver, Func<QueueShare> share, IQueueNotices notices)
    {
        (_engine, _queue, _share, _notices) = (engine, queue, share, notices);
        _customers = new CustomerDelivery(queue, deliver, notices);
        _count = new BacklogCount(queue, notices);
    }

    public void Start() => _running = Task.WhenAll(Task.Run(RunAsync), Task.Run(() => _count.RunAsync(_stop.Token)));

    /// <summary>Ends what is under way and leaves the parts to the others.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _queue.Wake();
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await LookAsync();
                var begun = await BeginAsync();
                if (begun.Count > 0)
                {
                    await Task.WhenAny(Task.WhenAll(begun), Task.Delay(Together));
                }

                await FinishAsync();
                if (begun.Count == 0)
                {
                    await _queue.WaitAsync(_queue.Options.Pause, CancellationToken.None);
                }
            }
            catch (NodeLogException)
            {
                // The store is away: nothing is lost, and what was delivered and not yet deleted is a duplicate next time.
                await Task.Delay(_queue.Options.RetryPause, CancellationToken.None);
            }
            catch (Exception failure)
            {
                _notices.Stumbled(failure);
                await Task.Delay(_queue.Options.RetryPause, CancellationToken.None);
            }
        }

        await LeaveAsync();
    }

    /// <summary>Who reads what.</summary>
    private async Task LookAsync()
    {
        var now = Stopwatch.GetTimestamp();
        if (Passed(_lookedAt, now) < LookEvery)
        {
            return;
        }

        var wanted = _share().Wanted();
        var surplus = _parts.Except(wanted).Where(part => _underWay.Values.All(one => one.Part != part)).ToList();
        if (surplus.Count > 0)
        {
            await _queue.GiveBackAsync(surplus);
        }

        _parts = await _queue.TakeAsync(wanted);
        _read = [.. _parts.Intersect(wanted)];
        _lookedAt = now;
    }

    /// <summary>Reads what may go now and begins to deliver it.</summary>
    private async Task<List<Task<DeliveryOutcome>>> BeginAsync()
    {
        if (_read.Count == 0 || _underWay.Count >= MostUnderWay)
        {
            return [];
        }

        var now = Stopwatch.GetTimestamp();
        foreach (var due in _waitUntil.Where(one => one.Value <= now).Select(one => one.Key).ToList())
        {
            _waitUntil.Remove(due);
        }

        var begun = new List<Task<DeliveryOutcome>>();
        foreach (var group in (await _queue.ReadAsync(_read, [.. _underWay.Keys, .. _waitUntil.Keys], RowsOfPart)).GroupBy(row => row.Customer))
        {
            List<WaitingRow> rows = [.. group];
            var delivery = _customers.DeliverAsync(rows);
            _underWay.Add(group.Key, (rows[0].Part, delivery));
            begun.Add(delivery);
        }

        return begun;
    }

    /// <summary>Takes out of the queue what has arrived. Only then the customer is read again.</summary>
    private async Task FinishAsync()
    {
        var ended = _underWay.Where(one => one.Value.Delivery.IsCompleted).Select(one => (Customer: one.Key, one.Value.Delivery)).ToList();
        var gone = ended.Where(one => one.Delivery.IsCompletedSuccessfully).SelectMany(one => one.Delivery.Result.Delivered).ToList();
        if (gone.Count > 0)
        {
            await _queue.DeleteAsync(gone);
        }

        var aside = new List<(WaitingRow Row, string Reason)>();
        foreach (var (customer, delivery) in ended)
        {
            try
            {
                var outcome = await delivery;
                aside.AddRange(outcome.SetAside);
                Rest(customer, outcome.Pause);
            }
            catch (Exception failure)
            {
                // A delivery does not fail; should one, that is this customer's misfortune alone.
                Rest(customer, QueueOptions.MostPause);
                _notices.Stumbled(failure);
            }
            finally
            {
                _underWay.Remove(customer);
            }
        }

        var now = _queue.Time.NowMicros();
        foreach (var row in gone)
        {
            _engine.Metrics.CountDelivered(TimeSpan.FromMicroseconds(Math.Max(0, now - row.QueuedAtMicros)));
        }

        if (aside.Count > 0)
        {
            // What stays where it is for a failure here is delivered, and refused, once more.
            await _queue.SetAsideAsync(aside);
            foreach (var (row, reason) in aside)
            {
                _engine.Metrics.CountSetAside();
                _notices.SetAside(row.Number, reason);
            }
        }
    }

    private void Rest(UInt128 customer, TimeSpan pause)
    {
        if (pause > TimeSpan.Zero)
        {
            _waitUntil[customer] = Stopwatch.GetTimestamp() + (long)(pause.TotalSeconds * Stopwatch.Frequency);
        }
    }

    private async Task LeaveAsync()
    {
        try
        {
            await Task.WhenAny(Task.WhenAll(_underWay.Values.Select(one => one.Delivery)), Task.Delay(StopLimit));
            await FinishAsync();
            await _queue.GiveBackAsync([.. _parts.Where(part => _underWay.Values.All(one => one.Part != part))]);
        }
        catch (NodeLogException)
        {
            // Others take the parts when this epoch is sealed.
        }
        catch (Exception failure)
        {
            _notices.Stumbled(failure);
        }
    }

    private static TimeSpan Passed(long since, long now) => since == long.MinValue ? TimeSpan.MaxValue : Stopwatch.GetElapsedTime(since, now);
}
