using System.Buffers;
using System.Security.Cryptography;

namespace PmOrleans.Node.Privacy;

/// <summary>Reads many parts under one key, one after the other: making the cipher ready costs more than deciphering a record, and each part uses the same room.</summary>
internal sealed class PersonalReader(byte[] key) : IDisposable
{
    private readonly AesGcm _aes = PersonalCipher.Open(key);
    private byte[]? _plain;

    /// <summary>Empty stays empty: that is what an erasure leaves. What is returned is valid until the next call.</summary>
    /// <exception cref="AuthenticationTagMismatchException">Another key, or damaged.</exception>
    public ReadOnlySpan<byte> Decrypt(ReadOnlySpan<byte> cipher)
    {
        if (cipher.IsEmpty)
        {
            return [];
        }

        var length = cipher.Length - PersonalCipher.Overhead;
        if (_plain is null || _plain.Length < length)
        {
            Return();
            _plain = ArrayPool<byte>.Shared.Rent(length);
        }

        PersonalCipher.Decrypt(_aes, cipher, _plain.AsSpan(0, length));
        return _plain.AsSpan(0, length);
    }

    public void Dispose()
    {
        Return();
        _aes.Dispose();
    }

    private void Return()
    {
        if (_plain is not null)
        {
            ArrayPool<byte>.Shared.Return(_plain, clearArray: true);
            _plain = null;
        }
    }
}
