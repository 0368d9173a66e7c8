using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace PmOrleans.Gateway.Access;

/// <summary>SHA-256 of a key: what is kept of it. Keys are 256 random bits, so there is nothing to guess that a slow hash would protect.</summary>
internal readonly record struct KeyHash(UInt128 High, UInt128 Low)
{
    /// <summary>Longest text that is looked at as a key.</summary>
    public const int MostCharacters = 256;

    /// <returns><c>null</c> for what cannot be a key: empty, longer than <see cref="MostCharacters"/>, or beyond ASCII.</returns>
    public static KeyHash? Of(ReadOnlySpan<char> key)
    {
        Span<byte> bytes = stackalloc byte[MostCharacters];
        if (key.IsEmpty || key.Length > bytes.Length || !Ascii.IsValid(key))
        {
            return null;
        }

        Ascii.FromUtf16(key, bytes, out var written);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes[..written], hash);
        return From(hash);
    }

    /// <returns><c>null</c> when the text is not 64 hexadecimal digits.</returns>
    public static KeyHash? Parse(ReadOnlySpan<char> hex)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        return hex.Length == 2 * hash.Length && Convert.FromHexString(hex, hash, out _, out _) == System.Buffers.OperationStatus.Done ? From(hash) : null;
    }

    private static KeyHash From(ReadOnlySpan<byte> hash)
    {
        var halves = MemoryMarshal.Cast<byte, UInt128>(hash);
        return new KeyHash(halves[0], halves[1]);
    }
}
