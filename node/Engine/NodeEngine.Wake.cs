using PmOrleans.Node.Time;

namespace PmOrleans.Node.Engine;

/// <content>What the due loop does.</content>
public sealed partial class NodeEngine
{
    internal long NowMicros => _time.NowMicros();

    /// <summary>Wakes a customer of whom something is due, wherever its cell is.</summary>
    internal ValueTask ReachAsync(UInt128 idHash) => _host.Wake is { } wake ? wake(idHash) : WakeAsync(idHash);

    /// <summary>Ends what has run out for a customer whose cell is here; does not wait for the commit: nobody is being answered.</summary>
    public async ValueTask WakeAsync(UInt128 idHash)
    {
        if (Volatile.Read(ref _environment) is null)
        {
            return;
        }

        var result = await WithCellAsync(idHash, _commands.Wake);
        if (result.Refused)
        {
            _due.Again(idHash);
        }
        else if (result.Pending is not null)
        {
            _metrics.CountWake();
            _ = WatchAsync(result.Pending, idHash);
        }
    }

    /// <summary>What did not get into the log is still due, and nobody else would think of it.</summary>
    private async Task WatchAsync(Customers.PendingCommand pending, UInt128 idHash)
    {
        if (await pending.Outcome is not null)
        {
            _due.Again(idHash);
        }
    }
}
