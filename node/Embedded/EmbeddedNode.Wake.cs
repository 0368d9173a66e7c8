using PmOrleans.Node.Time;

namespace PmOrleans.Node.Embedded;

/// <content>What the due loop does.</content>
public sealed partial class EmbeddedNode
{
    internal long NowMicros => _time.NowMicros();

    /// <summary>Ends what has run out for a customer; does not wait for the commit: nobody is being answered.</summary>
    internal async ValueTask WakeAsync(UInt128 idHash)
    {
        if (Volatile.Read(ref _environment) is null)
        {
            return;
        }

        var result = await WithCellAsync(idHash, _commands.Wake);
        if (result.Pending is not null)
        {
            _metrics.CountWake();
        }
    }
}
