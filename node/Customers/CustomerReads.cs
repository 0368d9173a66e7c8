using System.Collections.Concurrent;
using PmOrleans.Node.Log;

namespace PmOrleans.Node.Customers;

/// <summary>
/// Reads of customers from a store that is a trip away: while a few looks are under way, whoever comes waits and is read together with all who wait. So one
/// customer costs one trip, and thousands at once cost a few dozen.
/// </summary>
public sealed class CustomerReads(ILogReader reader)
{
    /// <summary>In one look: enough to make the trip cheap, and few enough that the first does not wait long for the last.</summary>
    private const int MostTogether = 256;

    /// <summary>Looks at one time: one on its way back while the next is worked on. Each keeps a thread.</summary>
    private const int MostLooks = 4;

    private const long TroubleMilliseconds = 5_000;

    /// <summary>Records after the saved state that come along; a customer with more is read on in pages.</summary>
    internal const int Tail = 128;

    private readonly ConcurrentQueue<Ask> _asked = new();
    private int _looks;
    private (string Said, long At)? _trouble;

    /// <summary>
    /// What the store said when it last refused to have customers read; <c>null</c> when the last look found them, and some seconds after the last refusal: whoever is sent
    /// nobody for it would never find out that it is over.
    /// </summary>
    public string? Trouble
    {
        get
        {
            lock (_asked)
            {
                return _trouble is (var said, var at) && Environment.TickCount64 - at < TroubleMilliseconds ? said : null;
            }
        }

        private set
        {
            lock (_asked)
            {
                _trouble = value is null ? null : (value, Environment.TickCount64);
            }
        }
    }

    /// <exception cref="NodeLogException">The store cannot be read now.</exception>
    public Task<StoredCustomer> ReadAsync(UInt128 idHash)
    {
        var ask = new Ask(idHash);
        _asked.Enqueue(ask);
        Begin();
        return ask.Found;
    }

    private void Begin()
    {
        if (Interlocked.Increment(ref _looks) <= MostLooks)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static reads => reads.Look(), this, preferLocal: false);
        }
        else
        {
            End();
        }
    }

    /// <summary>Whoever gives up a place looks once more: an ask may have come while all places were taken.</summary>
    private void End()
    {
        if (Interlocked.Decrement(ref _looks) < MostLooks && !_asked.IsEmpty)
        {
            Begin();
        }
    }

    private void Look()
    {
        var asks = new List<Ask>();
        while (true)
        {
            asks.Clear();
            while (asks.Count < MostTogether && _asked.TryDequeue(out var ask))
            {
                asks.Add(ask);
            }

            if (asks.Count == 0)
            {
                End();
                return;
            }

            Answer(asks);
        }
    }

    private void Answer(List<Ask> asks)
    {
        try
        {
            var found = reader.ReadCustomers(asks.ConvertAll(ask => ask.IdHash), Tail);
            Trouble = null;
            for (var i = 0; i < asks.Count; i++)
            {
                asks[i].Give(found[i]);
            }
        }
        catch (Exception failure)
        {
            // Whatever it is: those who wait must hear of it.
            Trouble = failure.Message;
            asks.ForEach(ask => ask.Fail(failure));
        }
    }

    private sealed class Ask(UInt128 idHash)
    {
        private readonly TaskCompletionSource<StoredCustomer> _found = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public UInt128 IdHash { get; } = idHash;

        public Task<StoredCustomer> Found => _found.Task;

        public void Give(StoredCustomer found) => _found.TrySetResult(found);

        public void Fail(Exception failure) => _found.TrySetException(failure);
    }
}
