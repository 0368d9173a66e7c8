namespace PmOrleans.Gateway.Http;

/// <summary>Bounds the bytes of bodies that are under way at one time, over all requests.</summary>
internal sealed class ByteBudget(long limit)
{
    private long _taken;

    public long Limit => limit;

    public long Taken => Volatile.Read(ref _taken);

    public bool TryTake(long bytes)
    {
        if (Interlocked.Add(ref _taken, bytes) <= limit)
        {
            return true;
        }

        Interlocked.Add(ref _taken, -bytes);
        return false;
    }

    public void Return(long bytes) => Interlocked.Add(ref _taken, -bytes);
}
