using System.Buffers;
using System.Security.Cryptography;

namespace PmOrleans.Node.Privacy;

/// <summary>
/// Reads and writes many parts under one key, one after the other, each into the same room. Where making the cipher ready costs more than deciphering a record, that
/// is done once, and not before there is something that needs it. Not for two threads at a time.
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

        if (ShortGcm.Takes(length))
        {
            PersonalCipher.DecryptShort(key, cipher, _plain.AsSpan(0, length));
        }
        else
        {
            PersonalCipher.Decrypt(Aes, cipher, _plain.AsSpan(0, length));
        }

        return _plain.AsSpan(0, length);
    }

    public byte[] Encrypt(ReadOnlySpan<byte> plain)
    {
        var cipher = new byte[plain.Length + PersonalCipher.Overhead];
        if (ShortGcm.Takes(plain.Length))
        {
            PersonalCipher.Encrypt(key, plain, cipher);
        }
        else
        {
            PersonalCipher.Encrypt(Aes, plain, cipher);
        }

        return cipher;
    }

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
