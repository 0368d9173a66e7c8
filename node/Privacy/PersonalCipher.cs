using System.Security.Cryptography;

namespace PmOrleans.Node.Privacy;

/// <summary>
/// Personal parts under the customer's own key: AES-128-GCM with a random nonce, laid out as <c>nonce:12 tag:16 ciphertext</c>. Destroying the
/// key destroys what it covers, wherever a copy lies.
/// </summary>
internal static class PersonalCipher
{
    public const int KeySize = 16;
    public const int Overhead = NonceSize + TagSize;
    private const int NonceSize = 12;
    private const int TagSize = 16;

    public static byte[] NewKey()
    {
        var key = new byte[KeySize];
        RandomBytes.Fill(key);
        return key;
    }

    /// <summary>Writes <see cref="Overhead"/> more bytes than the plain text has.</summary>
    public static int Encrypt(byte[] key, ReadOnlySpan<byte> plain, Span<byte> destination)
    {
        using var aes = Open(key);
        return Encrypt(aes, plain, destination);
    }

    /// <summary>Empty stays empty: that is what an erasure leaves.</summary>
    /// <exception cref="AuthenticationTagMismatchException">Another key, or damaged.</exception>
    public static byte[] Decrypt(byte[] key, ReadOnlySpan<byte> cipher)
    {
        if (cipher.IsEmpty)
        {
            return [];
        }

        var plain = new byte[PlainLength(cipher)];
        using var aes = Open(key);
        Decrypt(aes, cipher, plain);
        return plain;
    }

    internal static AesGcm Open(byte[] key) => new(key, TagSize);

    /// <exception cref="AuthenticationTagMismatchException">Cut.</exception>
    internal static int PlainLength(ReadOnlySpan<byte> cipher) => cipher.Length >= Overhead
        ? cipher.Length - Overhead
        : throw new AuthenticationTagMismatchException($"a personal part has {cipher.Length} bytes; none has less than {Overhead}");

    /// <param name="destination">Room for <see cref="Overhead"/> more bytes than the plain text has.</param>
    internal static int Encrypt(AesGcm aes, ReadOnlySpan<byte> plain, Span<byte> destination)
    {
        var nonce = destination[..NonceSize];
        RandomBytes.Fill(nonce);
        aes.Encrypt(nonce, plain, destination.Slice(Overhead, plain.Length), destination.Slice(NonceSize, TagSize));
        return plain.Length + Overhead;
    }

    /// <param name="plain">Room for just the plain text.</param>
    internal static void Decrypt(AesGcm aes, ReadOnlySpan<byte> cipher, Span<byte> plain) =>
        aes.Decrypt(cipher[..NonceSize], cipher[Overhead..], cipher.Slice(NonceSize, TagSize), plain);
}
