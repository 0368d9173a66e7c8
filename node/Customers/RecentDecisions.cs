namespace PmOrleans.Node.Customers;

/// <summary>
/// Which decision ids were decided lately by this process, so that only a likely repeat asks the store. A hit may be wrong and is checked there;
/// a miss may be wrong too (older, or before a restart) and is caught by the decision index when the record is committed.
/// </summary>
/// <remarks>Two generations of half a million 64-bit hashes each in open addressing: 16 MiB, whatever the load.</remarks>
internal sealed class RecentDecisions
{
    private const int Slots = 1 << 20;
    private readonly Lock _gate = new();
    private ulong[] _young = new ulong[Slots];
    private ulong[] _old = new ulong[Slots];
    private int _count;

    /// <summary>Adds one; whether it may have been decided before.</summary>
    public bool AddOrMayContain(UInt128 decisionHash)
    {
        var hash = Key(decisionHash);
        lock (_gate)
        {
            if (_count >= Slots / 2)
            {
                (_young, _old) = (_old, _young);
                Array.Clear(_young);
                _count = 0;
            }

            var at = Find(_young, hash);
            if (at >= 0)
            {
                return true;
            }

            _young[~at] = hash;
            _count++;
            return Find(_old, hash) >= 0;
        }
    }

    private static ulong Key(UInt128 decisionHash) => (ulong)decisionHash is var low && low == 0 ? 1 : low;

    /// <summary>Where it is, or the complement of the free slot where it would be.</summary>
    private static int Find(ulong[] slots, ulong hash)
    {
        var at = (int)(hash & (Slots - 1));
        while (slots[at] != 0)
        {
            if (slots[at] == hash)
            {
                return at;
            }

            at = (at + 1) & (Slots - 1);
        }

        return ~at;
    }
}
