using System.Numerics;

namespace PmOrleans.Decisioning.Segments;

/// <summary>Sets of segments by ordinal, as words of bits, all of one length for one catalog.</summary>
internal static class SegmentMask
{
    public static void Set(ulong[] mask, int ordinal) => mask[ordinal / 64] |= 1UL << (ordinal % 64);

    public static bool Has(ReadOnlySpan<ulong> mask, int ordinal) => (mask[ordinal / 64] >> (ordinal % 64) & 1) != 0;

    public static void Or(Span<ulong> mask, ReadOnlySpan<ulong> other)
    {
        for (var i = 0; i < other.Length; i++)
        {
            mask[i] |= other[i];
        }
    }

    /// <summary>The first member at or after an ordinal, or -1.</summary>
    public static int Next(ReadOnlySpan<ulong> mask, int ordinal)
    {
        var index = ordinal / 64;
        if (index >= mask.Length)
        {
            return -1;
        }

        var word = mask[index] & (ulong.MaxValue << (ordinal % 64));
        while (word == 0)
        {
            if (++index == mask.Length)
            {
                return -1;
            }

            word = mask[index];
        }

        return (index * 64) + BitOperations.TrailingZeroCount(word);
    }
}
