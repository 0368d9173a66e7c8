namespace PmOrleans.Gateway.Http;

/// <summary>What one request has taken from the <see cref="ByteBudget"/>. Used by one request, given back once.</summary>
internal sealed class ByteLease(ByteBudget budget, long bytes) : IDisposable
{
    private long _bytes = bytes;

    /// <summary>Whether growing failed because too much is under way.</summary>
    public bool IsRefused { get; private set; }

    /// <summary>Makes sure that so many bytes are taken.</summary>
    public bool Grow(long total)
    {
        if (total <= _bytes)
        {
            return true;
        }

        // In steps, so that a long body does not come back for every packet.
        var more = Math.Max(total - _bytes, _bytes);
        if (!budget.TryTake(more))
        {
            IsRefused = true;
            return false;
        }

        _bytes += more;
        return true;
    }

    public void Dispose()
    {
        budget.Return(_bytes);
        _bytes = 0;
    }
}
