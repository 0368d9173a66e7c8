using PmOrleans.Node.Customers;
using PmOrleans.Node.Log;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Engine;

/// <content>Stepping: what runs by itself in a live node happens here, in one order.</content>
public sealed partial class NodeEngine
{
    private LogFailure? _failedBehind;

    /// <summary>Unix microseconds at which a step must come before any request: the next budget day begins somewhere.</summary>
    public long NextStepMicros => _keeper.RolloverMicros;

    /// <summary>
    /// Of a stepped node: moves the clock on, wakes whoever is due, makes durable all that was answered, folds it, takes new RFM edges when it is time and wakes whom
    /// they concern, publishes the estimates, grants what campaigns have asked for and steers their prices. No request may be under way.
    /// </summary>
    /// <exception cref="NodeUnavailableException">Something that was answered did not get into the log: the run is worth nothing from there on.</exception>
    /// <exception cref="InvalidOperationException">The node is not stepped.</exception>
    public async Task StepAsync(long atMicros)
    {
        if (!_options.Stepped)
        {
            throw new InvalidOperationException("only a stepped node can be stepped");
        }

        ((SimulatedClock)_time).AdvanceTo(atMicros);
        if (_time.NowMicros() >= _keeper.RolloverMicros)
        {
            await _keeper.RolloverAsync();
        }

        await _due.WakeAllAsync();
        await _log.FlushAsync();
        if (Volatile.Read(ref _failedBehind) is { } failure)
        {
            throw new NodeUnavailableException($"an answer given did not get into the log: {failure.Detail}");
        }

        await _accounts.WaitAsync();
        await RefreshRfmAsync();
        await _due.SweepAllAsync();
        await _keeper.ServeWantedAsync();
        _pace.Advance();
        _accounts.PublishNow();
    }

    private void OnFailedBehind(LogFailure failure) => Interlocked.CompareExchange(ref _failedBehind, failure, null);
}
