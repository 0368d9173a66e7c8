using System.Buffers;
using System.Security.Cryptography;

namespace PmOrleans.Node.Privacy;

/// <summary>
/// Reads and writes many parts under one key, one after the other: making the cipher ready costs more than deciphering a record, and each part uses the same
/// room. Not for two threads at a time.
/// </summary>
internal sealed class CustomerCipher(byte[] key) : IDisposable
{
    private AesGcm? _aes;
    private byte[]? _plain;

    /// <summary>Empty stays empty: that is what an erasure leaves. What is returned is valid until the next call.</summary>
    /// <exception cref="AuthenticationTagMismatchException">Another key, or damaged.</exception>
    public ReadOnlySpan<byte> Decrypt(ReadOnlySpan<byte> cipher)
    {
        if (cipher.IsEmpty)
        {
            return [];
        }

        var length = PersonalCipher.PlainLength(cipher);
        if (_plain is null || _plain.Length < length)
        {
            Return();
            _plain = ArrayPool<byte>.Shared.Rent(length);
        }

        PersonalCipher.Decrypt(Aes, cipher, _plain.AsSpan(0, length));
        return _plain.AsSpan(0, length);
    }

    public byte[] Encrypt(ReadOnlySpan<byte> plain)
    {
        var cipher = new byte[plain.Length + PersonalCipher.Overhead];
        PersonalCipher.Encrypt(Aes, plain, cipher);
        return cipher;
    }

    /// <summary>Gives back the room for what is deciphered, not the cipher that was made ready: for one of many that are used again soon.</summary>
    public void Rest() => Return();

    public void Dispose()
    {
        Return();
        _aes?.Dispose();
    }

    private AesGcm Aes => _aes ??= PersonalCipher.Open(key);

    private void Return()
    {
        if (_plain is not null)
        {
            ArrayPool<byte>.Shared.Return(_plain, clearArray: true);
            _plain = null;
        }
    }
}
