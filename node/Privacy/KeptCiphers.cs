using System.Buffers.Binary;
using System.Security.Cryptography;

namespace PmOrleans.Node.Privacy;

/// <summary>
/// Ciphers of the customers that were written to lately: setting one up for a key costs two to three times what encrypting a record does.
/// At most 32,768 of them, about 40 MB outside the collector's heap; whichever stands longest in its set goes first.
/// </summary>
/// <remarks>A cipher is taken out while it is used, so that no two threads share one.</remarks>
internal sealed class KeptCiphers
{
    private const int Ways = 4;
    private readonly Entry?[] _entries;
    private readonly int _mask;
    private int _next;

    /// <param name="sets">A power of two; four ciphers each.</param>
    public KeptCiphers(int sets = 8192)
    {
        _entries = new Entry?[sets * Ways];
        _mask = sets - 1;
    }

    /// <inheritdoc cref="PersonalCipher.Encrypt(byte[], ReadOnlySpan{byte}, Span{byte})"/>
    public int Encrypt(byte[] key, ReadOnlySpan<byte> plain, Span<byte> destination)
    {
        var set = SetOf(key);
        var entry = Take(set, key) ?? new Entry(key, PersonalCipher.Open(key));
        var written = PersonalCipher.Encrypt(entry.Aes, plain, destination);
        Put(set, entry);
        return written;
    }

    /// <summary>Of an erased customer nothing stays that could read what is left of it. Not while its key is in use elsewhere.</summary>
    public void Forget(byte[] key) => Take(SetOf(key), key)?.Aes.Dispose();

    /// <summary>Whether a cipher of this key is kept and not in use.</summary>
    internal bool Knows(byte[] key)
    {
        var set = SetOf(key);
        return Array.Exists(_entries[set..(set + Ways)], entry => entry is not null && entry.Key.AsSpan().SequenceEqual(key));
    }

    // Keys are random: any part of one is a hash.
    private int SetOf(byte[] key) => (int)(BinaryPrimitives.ReadUInt32LittleEndian(key) & _mask) * Ways;

    private Entry? Take(int set, byte[] key)
    {
        for (var i = set; i < set + Ways; i++)
        {
            var entry = Volatile.Read(ref _entries[i]);
            if (entry is not null && entry.Key.AsSpan().SequenceEqual(key) && Interlocked.CompareExchange(ref _entries[i], null, entry) == entry)
            {
                return entry;
            }
        }

        return null;
    }

    private void Put(int set, Entry entry)
    {
        for (var i = set; i < set + Ways; i++)
        {
            if (Volatile.Read(ref _entries[i]) is null && Interlocked.CompareExchange(ref _entries[i], entry, null) is null)
            {
                return;
            }
        }

        // Which one goes need not be exact.
        Interlocked.Exchange(ref _entries[set + (_next++ & (Ways - 1))], entry)?.Aes.Dispose();
    }

    private sealed record Entry(byte[] Key, AesGcm Aes);
}
