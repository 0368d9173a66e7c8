namespace PmOrleans.Node.Refolding;

/// <summary>
/// Customers who are woken for one part of a pass: several beside each other, as one is answered for only when what it had to say is in the log of whoever has it. Whoever
/// is refused, or cannot be reached, is asked again after pauses that double, for as long as the pass goes on.
/// </summary>
/// <param name="visit">Brings a customer up to date by the usual way; <c>false</c>: it is not, ask again.</param>
/// <param name="isDamage">Whether a failure says that the customer's records cannot be read: told to whoever asks for that customer, and no reason to leave out the rest.</param>
internal sealed class RefoldWakes(Func<UInt128, ValueTask<bool>> visit, Func<Exception, bool> isDamage, Func<bool> goesOn, CancellationToken stop)
{
    private const int Together = 64;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan MostPause = TimeSpan.FromSeconds(1);

    private readonly List<Task> _underWay = [];

    /// <summary>Begins to wake one, once there is room for it.</summary>
    public async ValueTask AddAsync(UInt128 idHash)
    {
        var visiting = VisitAsync(idHash);
        if (visiting.IsCompletedSuccessfully)
        {
            return;
        }

        _underWay.Add(visiting);
        if (_underWay.Count >= Together)
        {
            await EndAsync();
        }
    }

    /// <summary>Completes when all of them are up to date, or the pass does not go on.</summary>
    public async Task EndAsync()
    {
        await Task.WhenAll(_underWay);
        _underWay.Clear();
    }

    private async Task VisitAsync(UInt128 idHash)
    {
        try
        {
            for (var pause = FirstPause; !await visit(idHash) && goesOn(); pause = pause * 2 < MostPause ? pause * 2 : MostPause)
            {
                await Task.Delay(pause, stop);
            }
        }
        catch (Exception damaged) when (isDamage(damaged))
        {
            // As above.
        }
    }
}
