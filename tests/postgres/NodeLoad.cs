using PmOrleans.Node.Log;

namespace PmOrleans.Node.Tests.Log;

/// <summary>Customers of one node that append one record after the other until told to stop, each by its own count of what was acknowledged.</summary>
/// <param name="first">Number of the first customer; no other load may have them.</param>
internal sealed class NodeLoad(INodeLog log, int first, int customers = 8) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly long[] _acknowledged = new long[customers];
    private readonly long[] _unanswered = new long[customers];
    private Task _running = Task.CompletedTask;

    public INodeLog Log => log;

    public void Start() => _running = Task.WhenAll(Enumerable.Range(0, customers).Select(customer => Task.Run(() => AppendAsync(customer))));

    public async Task UntilAsync(long acknowledged)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        while (_acknowledged.Sum() < acknowledged)
        {
            // A load that has ended says why.
            if (_running.IsCompleted) await _running;
            await Task.Delay(5, timeout.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    /// <summary>What was acknowledged is in the log, once and in order; what was refused is not.</summary>
    public async Task CheckAsync(ILogReader reader)
    {
        await _stop.CancelAsync();
        await _running;
        for (var customer = 0; customer < customers; customer++)
        {
            var sequences = reader.ReadCustomer(TestRecord.Key(first + customer), 0, int.MaxValue).Select(row => row.CustomerSequence).ToList();
            Assert.Equal(Enumerable.Range(1, sequences.Count).Select(n => (long)n), sequences);
            Assert.InRange(sequences.Count, _acknowledged[customer], _acknowledged[customer] + _unanswered[customer]);
        }
    }

    private async Task AppendAsync(int customer)
    {
        while (!_stop.IsCancellationRequested)
        {
            var record = TestRecord.Of(first + customer, _acknowledged[customer] + 1, decision: new UInt128((ulong)(first + customer), (ulong)_acknowledged[customer] + 1));
            if (!log.TryAppend(record))
            {
                await Task.Delay(1);
                if (log.Health == LogHealth.Fenced) return;
                continue;
            }

            LogFailure? failure;
            try
            {
                failure = await record.Done.WaitAsync(TimeSpan.FromMinutes(3));
            }
            catch (TimeoutException)
            {
                _unanswered[customer]++;
                return;
            }

            if (failure is null) Volatile.Write(ref _acknowledged[customer], _acknowledged[customer] + 1);
            else if (failure.Kind == LogFailureKind.Fenced) return;
            else if (failure.Kind != LogFailureKind.Unavailable) throw new InvalidOperationException($"Record {record.CustomerSequence} of customer {first + customer} was refused: {failure}.");
        }
    }
}
