using System.Security.Cryptography;

namespace PmOrleans.Node.Privacy;

/// <summary>
/// Bytes of the system's generator for keys and nonces. A call of it costs more than encrypting a record does, so a thread takes many bytes at a time; none is given twice,
/// and none stays behind where it was taken from.
/// </summary>
internal static class RandomBytes
{
    private const int Together = 4096;

    [ThreadStatic]
    private static byte[]? _bytes;

    [ThreadStatic]
    private static int _used;

    /// <param name="destination">At most 4,096 bytes.</param>
    public static void Fill(Span<byte> destination)
    {
        if (_bytes is null || Together - _used < destination.Length)
        {
            RandomNumberGenerator.Fill(_bytes ??= new byte[Together]);
            _used = 0;
        }

        var taken = _bytes.AsSpan(_used, destination.Length);
        _used += destination.Length;
        taken.CopyTo(destination);
        taken.Clear();
    }
}
