using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using Aes = System.Runtime.Intrinsics.X86.Aes;

namespace PmOrleans.Node.Privacy;

/// <summary>
/// AES-128-GCM (NIST SP 800-38D) for texts of at most <see cref="MostBytes"/> under a key that is used once and not again for a while, on processors with instructions
/// for AES and carry-less multiplication. It writes what <see cref="AesGcm"/> writes, byte for byte.
/// </summary>
/// <remarks>
/// Making an <see cref="AesGcm"/> ready for a key takes 3 to 4 us in OpenSSL, nearly all of it for objects; here the key's schedule takes some tens of nanoseconds, and a
/// record of 200 bytes takes 0.3 us in all. Long texts gain nothing: OpenSSL works on many blocks at once. No branch and no address hangs on the key or the text.
/// </remarks>
internal static class ShortGcm
{
    /// <summary>Beyond this, what AesGcm saves on the blocks outweighs what it takes to make it ready.</summary>
    public const int MostBytes = 4096;

    private const int BlockSize = 16;
    private const int Rounds = 10;

    /// <summary>Whether the processor has what it takes.</summary>
    public static bool IsSupported => Aes.IsSupported && Pclmulqdq.IsSupported && Ssse3.IsSupported;

    public static bool Takes(int length) => IsSupported && length <= MostBytes;

    /// <param name="key">16 bytes.</param>
    /// <param name="nonce">12 bytes, never used with this key before.</param>
    /// <param name="cipher">As long as <paramref name="plain"/>, and apart from it.</param>
    /// <param name="tag">16 bytes.</param>
    [SkipLocalsInit]
    public static void Encrypt(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> plain, Span<byte> cipher, Span<byte> tag)
    {
        Span<Vector128<byte>> keys = stackalloc Vector128<byte>[Rounds + 1];
        Expand(key, keys);
        Count(keys, nonce, plain, cipher);
        Tag(keys, nonce, cipher).CopyTo(tag);
        keys.Clear();
    }

    /// <summary>See <see cref="Encrypt"/>; the plain text is written only when the tag is right.</summary>
    /// <exception cref="AuthenticationTagMismatchException">Another key, or damaged.</exception>
    [SkipLocalsInit]
    public static void Decrypt(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> cipher, ReadOnlySpan<byte> tag, Span<byte> plain)
    {
        Span<Vector128<byte>> keys = stackalloc Vector128<byte>[Rounds + 1];
        Span<byte> computed = stackalloc byte[BlockSize];
        Expand(key, keys);
        Tag(keys, nonce, cipher).CopyTo(computed);
        var isRight = CryptographicOperations.FixedTimeEquals(computed, tag);
        if (isRight)
        {
            Count(keys, nonce, cipher, plain);
        }

        keys.Clear();
        if (!isRight)
        {
            throw new AuthenticationTagMismatchException();
        }
    }

    /// <summary>The key's schedule: FIPS 197, section 5.2.</summary>
    private static void Expand(ReadOnlySpan<byte> key, Span<Vector128<byte>> keys)
    {
        keys[0] = Vector128.Create(key);
        keys[1] = Next(keys[0], Aes.KeygenAssist(keys[0], 0x01));
        keys[2] = Next(keys[1], Aes.KeygenAssist(keys[1], 0x02));
        keys[3] = Next(keys[2], Aes.KeygenAssist(keys[2], 0x04));
        keys[4] = Next(keys[3], Aes.KeygenAssist(keys[3], 0x08));
        keys[5] = Next(keys[4], Aes.KeygenAssist(keys[4], 0x10));
        keys[6] = Next(keys[5], Aes.KeygenAssist(keys[5], 0x20));
        keys[7] = Next(keys[6], Aes.KeygenAssist(keys[6], 0x40));
        keys[8] = Next(keys[7], Aes.KeygenAssist(keys[7], 0x80));
        keys[9] = Next(keys[8], Aes.KeygenAssist(keys[8], 0x1B));
        keys[10] = Next(keys[9], Aes.KeygenAssist(keys[9], 0x36));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Next(Vector128<byte> key, Vector128<byte> assist)
    {
        key ^= Sse2.ShiftLeftLogical128BitLane(key, 4);
        key ^= Sse2.ShiftLeftLogical128BitLane(key, 8);
        return key ^ Sse2.Shuffle(assist.AsInt32(), 0xFF).AsByte();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> EncryptBlock(ReadOnlySpan<Vector128<byte>> keys, Vector128<byte> block)
    {
        block ^= keys[0];
        for (var round = 1; round < Rounds; round++)
        {
            block = Aes.Encrypt(block, keys[round]);
        }

        return Aes.EncryptLast(block, keys[Rounds]);
    }

    /// <summary>The nonce with a number of a block: 1 is the tag's, 2 the first of the text.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Counter(ReadOnlySpan<byte> nonce, uint number) => Vector128.Create(
        BinaryPrimitives.ReadUInt32LittleEndian(nonce),
        BinaryPrimitives.ReadUInt32LittleEndian(nonce[4..]),
        BinaryPrimitives.ReadUInt32LittleEndian(nonce[8..]),
        BinaryPrimitives.ReverseEndianness(number)).AsByte();

    /// <summary>Counter mode: the same for both directions.</summary>
    private static void Count(ReadOnlySpan<Vector128<byte>> keys, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> input, Span<byte> output)
    {
        uint number = 2;
        for (; input.Length >= BlockSize; input = input[BlockSize..], output = output[BlockSize..])
        {
            (Vector128.Create(input[..BlockSize]) ^ EncryptBlock(keys, Counter(nonce, number++))).CopyTo(output);
        }

        if (input.Length > 0)
        {
            (Padded(input) ^ EncryptBlock(keys, Counter(nonce, number))).CopyTo(input.Length, output);
        }
    }

    private static Vector128<byte> Tag(ReadOnlySpan<Vector128<byte>> keys, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> cipher)
    {
        var subkey = Reversed(EncryptBlock(keys, Vector128<byte>.Zero)).AsUInt64();
        var lengths = Vector128.Create((ulong)cipher.Length * 8, 0);
        var hash = Vector128<ulong>.Zero;
        for (; cipher.Length >= BlockSize; cipher = cipher[BlockSize..])
        {
            hash = Multiply(hash ^ Reversed(Vector128.Create(cipher[..BlockSize])).AsUInt64(), subkey);
        }

        if (cipher.Length > 0)
        {
            hash = Multiply(hash ^ Reversed(Padded(cipher)).AsUInt64(), subkey);
        }

        return Reversed(Multiply(hash ^ lengths, subkey).AsByte()) ^ EncryptBlock(keys, Counter(nonce, 1));
    }

    /// <summary>
    /// Product in GF(2^128) of two elements whose bytes are reversed: Gueron and Kounavis, "Intel Carry-Less Multiplication Instruction and its Usage for Computing the
    /// GCM Mode", 2010, algorithm 1 with the shift of figure 5.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Multiply(Vector128<ulong> left, Vector128<ulong> right)
    {
        var low = Pclmulqdq.CarrylessMultiply(left, right, 0x00);
        var high = Pclmulqdq.CarrylessMultiply(left, right, 0x11);
        var middle = Pclmulqdq.CarrylessMultiply(left, right, 0x10) ^ Pclmulqdq.CarrylessMultiply(left, right, 0x01);
        low ^= Sse2.ShiftLeftLogical128BitLane(middle, 8);
        high ^= Sse2.ShiftRightLogical128BitLane(middle, 8);

        // The product of reversed elements is one bit short of the reversed product.
        var (low32, high32) = (low.AsUInt32(), high.AsUInt32());
        var (lowCarry, highCarry) = (low32 >> 31, high32 >> 31);
        high32 = (high32 << 1) | Sse2.ShiftLeftLogical128BitLane(highCarry, 4) | Sse2.ShiftRightLogical128BitLane(lowCarry, 12);
        low32 = (low32 << 1) | Sse2.ShiftLeftLogical128BitLane(lowCarry, 4);

        // Modulo x^128 + x^7 + x^2 + x + 1.
        var fold = (low32 << 31) ^ (low32 << 30) ^ (low32 << 25);
        low32 ^= Sse2.ShiftLeftLogical128BitLane(fold, 12);
        var rest = (low32 >> 1) ^ (low32 >> 2) ^ (low32 >> 7) ^ Sse2.ShiftRightLogical128BitLane(fold, 4);
        return (high32 ^ low32 ^ rest).AsUInt64();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Reversed(Vector128<byte> block) =>
        Ssse3.Shuffle(block, Vector128.Create((byte)15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));

    private static Vector128<byte> Padded(ReadOnlySpan<byte> part)
    {
        Span<byte> block = stackalloc byte[BlockSize];
        block.Clear();
        part.CopyTo(block);
        return Vector128.Create((ReadOnlySpan<byte>)block);
    }

    private static void CopyTo(this Vector128<byte> block, int length, Span<byte> destination)
    {
        Span<byte> whole = stackalloc byte[BlockSize];
        block.CopyTo(whole);
        whole[..length].CopyTo(destination);
    }
}
