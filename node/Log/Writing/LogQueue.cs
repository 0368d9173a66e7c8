using System.Diagnostics;

namespace PmOrleans.Node.Log.Writing;

/// <summary>
/// What waits for the writer, and the lock under which records come in and go out as failed. Order is the order of admission; whoever has
/// built on a failed record is told before anybody can build on it again.
/// </summary>
internal sealed class LogQueue(long maxBytes)
{
    // A record's objects beside its buffers: the record, its place here, the identity now and then.
    private const int FlatBytes = 200;

    private readonly object _gate = new();
    private readonly Queue<object> _entries = new();
    private bool _writerWaits;
    private bool _inDoubt;
    private bool _closing;
    private long _bytes;
    private int _records;
    private volatile LogHealth _health;
    private volatile string? _trouble;

    public LogHealth Health => _health;

    /// <summary>What the store said when it began to fail, or what it has lost, so that this log ended; <c>null</c> while it does not.</summary>
    public string? Trouble => _trouble;

    public bool IsClosing => Volatile.Read(ref _closing);

    public long Bytes => Volatile.Read(ref _bytes);

    public int Records => Volatile.Read(ref _records);

    public bool TryAdd(PendingAppend append)
    {
        lock (_gate) return TryAddLocked(append);
    }

    /// <summary>See <see cref="INodeLog.TryAppend(PendingAppend, Action{ILogTransaction}, out Task)"/>.</summary>
    public bool TryAdd(PendingAppend append, Action<ILogTransaction> work, out Task written)
    {
        ArgumentNullException.ThrowIfNull(work);
        var item = new WorkItem(work, CancellationToken.None) { Record = append };
        append.HasWork = true;
        written = item.Done;
        lock (_gate)
        {
            if (TryAddLocked(append))
            {
                Enqueue(item);
                return true;
            }

            item.Fail(_health == LogHealth.Healthy ? new LogFailure(LogFailureKind.Unavailable, "The log takes nothing in now.") : Refusal());
            return false;
        }
    }

    /// <summary>See <see cref="INodeLog.WriteAsync(Action{ILogTransaction}, CancellationToken)"/>.</summary>
    public Task WriteAsync(Action<ILogTransaction> work, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(work);
        return AddAsync(new WorkItem(work, cancellation));
    }

    /// <summary>See <see cref="INodeLog.FlushAsync"/>.</summary>
    public Task FlushAsync(CancellationToken cancellation) => AddAsync(new WorkItem(work: null, cancellation)).WaitAsync(cancellation);

    private async Task AddAsync(WorkItem item)
    {
        Add(item);
        await item.Done;
    }

    private void Add(WorkItem item)
    {
        lock (_gate)
        {
            if (_closing)
            {
                if (!item.IsBarrier) throw new NodeLogException(NodeLogError.Closed, "The node's log is closed.");

                // Behind the last entry of a closing queue; with the writer gone there is nothing to wait for.
                if (_entries.Count == 0 && _records == 0)
                {
                    item.Complete();
                    return;
                }
            }
            else if (_health != LogHealth.Healthy && !item.IsBarrier)
            {
                throw WorkItem.ToException(Refusal());
            }
            else if (_health == LogHealth.Fenced)
            {
                item.Complete();
                return;
            }

            Enqueue(item);
        }
    }

    /// <summary>Fills an empty batch; leaves it empty when the time is up or the queue is closing and empty.</summary>
    public void Take(LogBatch batch, int maxEntries, long maxBatchBytes, TimeSpan timeout)
    {
        lock (_gate)
        {
            if (_entries.Count == 0 && !_closing && timeout > TimeSpan.Zero) Wait(timeout);
            while (batch.Entries.Count < maxEntries && batch.Bytes < maxBatchBytes && _entries.TryDequeue(out var entry))
            {
                batch.Entries.Add(entry);
                if (entry is not PendingAppend record) continue;
                batch.Bytes += SizeOf(record);
                batch.Records++;
            }

            // A full batch may end between a record and what belongs to it.
            if (_entries.TryPeek(out var next) && next is WorkItem { Record: not null }) batch.Entries.Add(_entries.Dequeue());
        }
    }

    /// <summary>Until a point of time (of <see cref="Stopwatch"/>). Closing wakes it once and is no reason to hurry after that.</summary>
    public void WaitForRetry(long timestamp)
    {
        lock (_gate)
        {
            var left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), timestamp);
            if (left > TimeSpan.Zero) Monitor.Wait(_gate, left);
        }
    }

    /// <summary>The batch is durable, except for what it refused.</summary>
    public void Complete(LogBatch batch)
    {
        if (batch.Refused.Count > 0)
        {
            CompleteWithRefusals(batch);
            return;
        }

        lock (_gate) Release(batch);
        foreach (var entry in batch.Entries)
        {
            if (entry is PendingAppend record) record.Committed();
            else ((WorkItem)entry).Complete();
        }
    }

    /// <summary>
    /// Nothing of the batch is in the log: it fails, and so does all that waits behind it. Clashes as well, with this failure: they may have been with a
    /// record of the same batch.
    /// </summary>
    /// <param name="trouble">See <see cref="Trouble"/>.</param>
    public void FailAll(LogBatch batch, LogFailure failure, LogHealth health, string? trouble = null)
    {
        lock (_gate)
        {
            SetHealth(health);
            _trouble = trouble;
            _inDoubt = false;
            Release(batch);
            foreach (var entry in batch.Entries)
            {
                if (entry is PendingAppend record) Fail(record, failure);
                else ((WorkItem)entry).Fail(failure);
            }

            while (_entries.TryDequeue(out var entry))
            {
                if (entry is PendingAppend record)
                {
                    _bytes -= SizeOf(record);
                    _records--;
                    Fail(record, failure);
                }
                else
                {
                    ((WorkItem)entry).Fail(failure);
                }
            }
        }
    }

    /// <summary>An outcome is unknown: what waits goes on waiting, nothing new is let in.</summary>
    /// <param name="trouble">What the store said.</param>
    public void EnterDoubt(string trouble)
    {
        lock (_gate)
        {
            _inDoubt = true;
            _trouble = trouble;
            SetHealth(LogHealth.Failing);
        }
    }

    public void Recover()
    {
        lock (_gate)
        {
            _inDoubt = false;
            _trouble = null;
            SetHealth(LogHealth.Healthy);
        }
    }

    public void Close()
    {
        lock (_gate)
        {
            _closing = true;
            Monitor.PulseAll(_gate);
        }
    }

    private bool TryAddLocked(PendingAppend append)
    {
        if (_closing || _health != LogHealth.Healthy || _inDoubt) return false;

        // A record larger than the whole bound passes alone; it could never pass otherwise.
        var bytes = SizeOf(append);
        if (_bytes + bytes > maxBytes && _records > 0) return false;
        if (!append.Admit()) return false;
        _bytes += bytes;
        _records++;
        Enqueue(append);
        return true;
    }

    private static int SizeOf(PendingAppend record) => FlatBytes + record.Accounting.Length + record.Personal.Length;

    private static void Fail(PendingAppend record, LogFailure failure)
    {
        record.Sequence = 0;
        record.Failed(failure);
    }

    private LogFailure Refusal() => _health == LogHealth.Fenced
        ? new LogFailure(LogFailureKind.Fenced, _trouble ?? "The epoch is sealed; another process writes this log.")
        : new LogFailure(LogFailureKind.Unavailable, "The store failed a moment ago and is being tried again.");

    private void SetHealth(LogHealth health)
    {
        if (_health != LogHealth.Fenced) _health = health;
    }

    private void Release(LogBatch batch)
    {
        _bytes -= batch.Bytes;
        _records -= batch.Records;
    }

    private void CompleteWithRefusals(LogBatch batch)
    {
        lock (_gate)
        {
            Release(batch);
            foreach (var entry in batch.Entries)
            {
                if (entry is not PendingAppend record) ((WorkItem)entry).Complete();
                else if (batch.Refused.TryGetValue(record, out var failure)) Fail(record, failure);
                else record.Committed();
            }

            for (var left = _entries.Count; left > 0; left--)
            {
                var entry = _entries.Dequeue();
                if (entry is PendingAppend record && batch.Clashed.TryGetValue(record.Customer, out var failure))
                {
                    _bytes -= SizeOf(record);
                    _records--;
                    Fail(record, failure);
                }
                else if (entry is WorkItem { Record: { } its } item && batch.Clashed.TryGetValue(its.Customer, out var itsFailure))
                {
                    item.Fail(itsFailure);
                }
                else
                {
                    _entries.Enqueue(entry);
                }
            }
        }
    }

    private void Enqueue(object entry)
    {
        _entries.Enqueue(entry);
        if (_writerWaits) Monitor.PulseAll(_gate);
    }

    private void Wait(TimeSpan timeout)
    {
        _writerWaits = true;
        Monitor.Wait(_gate, timeout);
        _writerWaits = false;
    }
}
