using System.Security.Cryptography;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Node.Engine;
using PmOrleans.Node.Log;
using PmOrleans.Node.Privacy;

namespace PmOrleans.Node.Customers;

/// <summary>Saves changed customers behind the log, oldest change first, so that the tail to read after a crash stays bounded.</summary>
/// <param name="reload">Reads a cell's state anew, under the cell's lock; throws when it cannot be read.</param>
public sealed class SnapshotWriter(INodeLog log, DirtyCustomers dirty, NodeEngineOptions options, Action<CustomerCell> reload) : IAsyncDisposable
{
    private const int Batch = 500;

    /// <summary>While others may wait behind it: a transaction of about a millisecond.</summary>
    private const int SmallBatch = 50;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);
    private readonly CancellationTokenSource _stop = new();

    // One taker at a time: the tail may not begin behind whom another has taken and not saved yet.
    private readonly SemaphoreSlim _gate = new(1, 1);
    private Task _loop = Task.CompletedTask;

    public void Start() => _loop = RunAsync();

    /// <summary>Saves all that is dirty now, but for who is in the middle of something.</summary>
    public async Task SaveAllAsync()
    {
        await _gate.WaitAsync();
        try
        {
            for (var left = dirty.Count; left > 0 && await SaveAsync(Batch); left -= Batch)
            {
            }

            await SaveTailStartAsync();
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Tick);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                await _gate.WaitAsync();
                try
                {
                    await SaveDueAsync();
                }
                finally
                {
                    _gate.Release();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped; what is dirty is saved by the one who stops.
        }
    }

    /// <summary>
    /// Whoever has waited long enough. Those who changed together would come due together, and every decision would wait behind them: in the last quarter of their
    /// time they are saved bit by bit.
    /// </summary>
    private async Task SaveDueAsync()
    {
        var early = options.SnapshotAge * 0.75;
        var share = 1 + (int)(dirty.Count * (Tick / (options.SnapshotAge - early)));
        var surplus = dirty.Count - options.MaxDirtyCustomers;
        var saved = 0;
        var batch = surplus > 0 ? Batch : SmallBatch;
        for (var left = dirty.Count; left > 0; left -= batch)
        {
            // What is put back because it is busy begins its age anew, so this ends.
            var age = dirty.OldestAge;
            if (surplus - saved <= 0 && age < options.SnapshotAge && (saved >= share || age < early))
            {
                break;
            }

            await SaveAsync(batch);
            saved += batch;
        }

        if (saved > 0)
        {
            await SaveTailStartAsync();
        }
    }

    /// <returns><c>false</c>: the log takes nothing in now.</returns>
    private async Task<bool> SaveAsync(int most)
    {
        most = Math.Min(most, dirty.Count);
        var rows = new List<SnapshotRow>(most);
        var taken = new List<(CustomerCell Cell, long Since)>(most);
        using var writer = new ByteWriter(1024);
        for (var i = 0; i < most && dirty.TryTake(out var cell, out var since); i++)
        {
            lock (cell)
            {
                if ((cell.State is not null || cell.IsVoid) && (cell.Pending > 0 || cell.IsErasing || (cell.IsVoid && !TryReload(cell))))
                {
                    // Memory is ahead of the log; a snapshot may not be.
                    dirty.Requeue(cell, since);
                    continue;
                }

                if (cell.State is not { } state)
                {
                    // Erased, or to be loaded again: then what it finds in the tail makes it dirty again.
                    cell.DirtySince = 0;
                    continue;
                }

                writer.Clear();
                state.Save(writer);
                var cipher = new byte[writer.Length + PersonalCipher.Overhead];
                PersonalCipher.Encrypt(cell.DataKey!, writer.Written, cipher);
                rows.Add(new SnapshotRow(state.Key, state.Sequence, cipher, state.DueMicros));
                taken.Add((cell, since));
                cell.DirtySince = 0;
                state.Trim();
            }
        }

        if (rows.Count == 0)
        {
            return true;
        }

        try
        {
            await log.WriteAsync(transaction =>
            {
                foreach (var row in rows)
                {
                    transaction.SaveSnapshot(row);
                }
            });
            return true;
        }
        catch (Exception failure) when (failure is NodeLogException or NodeUnavailableException)
        {
            foreach (var (cell, since) in taken)
            {
                lock (cell)
                {
                    // Also when it has changed again: the tail begins at the first record that was not saved.
                    dirty.Requeue(cell, since);
                }
            }

            return false;
        }
    }

    /// <summary>Of a void cell nobody may ask any more, in particular where another node has the customer: the tail would begin with it for good.</summary>
    private bool TryReload(CustomerCell cell)
    {
        if (log.Health != LogHealth.Healthy)
        {
            return false;
        }

        try
        {
            reload(cell);
            return true;
        }
        catch (Exception unreadable) when (unreadable is NodeLogException or CorruptDataException or CryptographicException)
        {
            return false;
        }
    }

    /// <summary>By itself and behind what it is about: it looks at all that are put back.</summary>
    private async Task SaveTailStartAsync()
    {
        try
        {
            // On the writer's thread every committed record has been queued as dirty; elsewhere the last ones might not have been yet.
            await log.WriteAsync(transaction => transaction.SaveTailStart(Math.Min(dirty.Head, log.CommittedSequence + 1)));
        }
        catch (Exception failure) when (failure is NodeLogException or NodeUnavailableException)
        {
            // The tail begins earlier than it needs to, until the next time.
        }
    }
}
