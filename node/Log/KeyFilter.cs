namespace PmOrleans.Node.Log;

/// <summary>
/// A set of random 128-bit keys that may say "maybe" of one it does not have, and never "no" of one it has: a Bloom filter whose seven bits for a key lie
/// in one line of the processor's cache (Putze, Sanders, Singler: Cache-, hash- and space-efficient Bloom filters, 2007).
/// </summary>
/// <remarks>Sixteen bits a key: about one wrong "maybe" in 400 when full, more beyond. Threads may add at the same time; what one adds, another may see late.</remarks>
internal sealed class KeyFilter
{
    private const int BitsPerKey = 16;
    private const int BlockWords = 8;
    private const int Probes = 7;

    private readonly ulong[] _words;
    private readonly int _shift;

    /// <param name="capacity">Keys it is made for; rounded up to a power of two, at least 2^20 (2 MiB).</param>
    public KeyFilter(long capacity)
    {
        Capacity = (long)System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)Math.Max(capacity, 1 << 20));
        _words = new ulong[Capacity * BitsPerKey / 64];
        _shift = 64 - System.Numerics.BitOperations.Log2((ulong)(_words.Length / BlockWords));
    }

    public long Capacity { get; }

    public void Add(UInt128 key)
    {
        var block = BlockOf(key);
        var probes = ProbesOf(key);
        for (var n = 0; n < Probes; n++, probes >>= 9)
        {
            ref var word = ref _words[block + (int)((probes >> 6) & (BlockWords - 1))];
            var bit = 1UL << (int)(probes & 63);
            if ((word & bit) == 0) Interlocked.Or(ref word, bit);
        }
    }

    public bool MayContain(UInt128 key)
    {
        var block = BlockOf(key);
        var probes = ProbesOf(key);
        for (var n = 0; n < Probes; n++, probes >>= 9)
        {
            if ((_words[block + (int)((probes >> 6) & (BlockWords - 1))] & (1UL << (int)(probes & 63))) == 0) return false;
        }

        return true;
    }

    // The multiplications are for the keys of tests and imports, which may be small numbers.
    private int BlockOf(UInt128 key) => (int)((((ulong)key * 0x9E3779B97F4A7C15) + (ulong)(key >> 64)) >> _shift) * BlockWords;

    private static ulong ProbesOf(UInt128 key)
    {
        var mixed = ((ulong)(key >> 64) ^ ((ulong)key << 32) ^ ((ulong)key >> 32)) * 0xD6E8FEB86659FD93;
        return mixed ^ (mixed >> 32);
    }
}
