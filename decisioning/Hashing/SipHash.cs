using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;

namespace PmOrleans.Decisioning.Hashing;

/// <summary>SipHash-2-4 with 64 or 128 bits of output: a keyed hash for ids, seeds and buckets.</summary>
/// <remarks>
/// Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012). Keyed, so that nobody who lacks the store's secret can choose ids
/// that collide or recompute who is behind a hash; a hash without a key would give neither. Text is hashed as UTF-8.
/// </remarks>
public readonly record struct SipHash(ulong Key0, ulong Key1)
{
    /// <summary>Reads a key from 16 bytes, little endian.</summary>
    public static SipHash FromKey(ReadOnlySpan<byte> key) =>
        new(BinaryPrimitives.ReadUInt64LittleEndian(key), BinaryPrimitives.ReadUInt64LittleEndian(key[8..]));

    /// <summary>The same key bent to another purpose, so that hashes for different uses never agree.</summary>
    public SipHash For(ulong purpose) => new(Hash64(purpose, 0), Hash64(purpose, 1));

    public ulong Hash64(ReadOnlySpan<byte> data) => Run(data, wide: false).Lower;

    public UInt128 Hash128(ReadOnlySpan<byte> data)
    {
        var (lower, upper) = Run(data, wide: true);
        return new UInt128(upper, lower);
    }

    [SkipLocalsInit]
    public ulong Hash64(ReadOnlySpan<char> text)
    {
        Span<byte> buffer = stackalloc byte[512];
        return text.Length <= 170 ? Hash64(buffer[..Encoding.UTF8.GetBytes(text, buffer)]) : Hash64(Encoding.UTF8.GetBytes(text.ToArray()));
    }

    [SkipLocalsInit]
    public UInt128 Hash128(ReadOnlySpan<char> text)
    {
        Span<byte> buffer = stackalloc byte[512];
        return text.Length <= 170 ? Hash128(buffer[..Encoding.UTF8.GetBytes(text, buffer)]) : Hash128(Encoding.UTF8.GetBytes(text.ToArray()));
    }

    [SkipLocalsInit]
    public ulong Hash64(ulong first, ulong second)
    {
        Span<byte> buffer = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(buffer, first);
        BinaryPrimitives.WriteUInt64LittleEndian(buffer[8..], second);
        return Hash64(buffer);
    }

    /// <summary>A hash as a uniform number in [0, 1), from its upper 53 bits.</summary>
    public static double ToUnit(ulong hash) => (hash >> 11) * (1.0 / (1UL << 53));

    private (ulong Lower, ulong Upper) Run(ReadOnlySpan<byte> data, bool wide)
    {
        var v0 = Key0 ^ 0x736f6d6570736575UL;
        var v1 = Key1 ^ 0x646f72616e646f6dUL;
        var v2 = Key0 ^ 0x6c7967656e657261UL;
        var v3 = Key1 ^ 0x7465646279746573UL;
        if (wide)
        {
            v1 ^= 0xee;
        }

        var rest = data;
        while (rest.Length >= 8)
        {
            var word = BinaryPrimitives.ReadUInt64LittleEndian(rest);
            v3 ^= word;
            Round(ref v0, ref v1, ref v2, ref v3);
            Round(ref v0, ref v1, ref v2, ref v3);
            v0 ^= word;
            rest = rest[8..];
        }

        var last = (ulong)data.Length << 56;
        for (var i = 0; i < rest.Length; i++)
        {
            last |= (ulong)rest[i] << (8 * i);
        }

        v3 ^= last;
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        v0 ^= last;

        v2 ^= wide ? 0xeeUL : 0xffUL;
        for (var i = 0; i < 4; i++)
        {
            Round(ref v0, ref v1, ref v2, ref v3);
        }

        var lower = v0 ^ v1 ^ v2 ^ v3;
        if (!wide)
        {
            return (lower, 0);
        }

        v1 ^= 0xdd;
        for (var i = 0; i < 4; i++)
        {
            Round(ref v0, ref v1, ref v2, ref v3);
        }

        return (lower, v0 ^ v1 ^ v2 ^ v3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        v0 += v1;
        v1 = BitOperations.RotateLeft(v1, 13) ^ v0;
        v0 = BitOperations.RotateLeft(v0, 32);
        v2 += v3;
        v3 = BitOperations.RotateLeft(v3, 16) ^ v2;
        v0 += v3;
        v3 = BitOperations.RotateLeft(v3, 21) ^ v0;
        v2 += v1;
        v1 = BitOperations.RotateLeft(v1, 17) ^ v2;
        v2 = BitOperations.RotateLeft(v2, 32);
    }
}
