using System.Globalization;
using System.Text;

namespace PmOrleans.Simulator.Load;

/// <summary>The bytes of one request, written in place: the body, then before it the head, which has to name the body's length. Used again and again; one thread.</summary>
internal sealed class RequestBuffer
{
    /// <summary>Room for the longest head: a host of 255 characters with its port, a key of 256, and less than 160 bytes besides.</summary>
    private const int HeadRoom = 704;

    private byte[] _bytes = new byte[2048];
    private int _end = HeadRoom;

    public RequestBuffer Clear()
    {
        _end = HeadRoom;
        return this;
    }

    public RequestBuffer Append(ReadOnlySpan<byte> utf8)
    {
        utf8.CopyTo(Room(utf8.Length));
        _end += utf8.Length;
        return this;
    }

    public RequestBuffer Append(string text)
    {
        _end += Encoding.UTF8.GetBytes(text, Room(Encoding.UTF8.GetMaxByteCount(text.Length)));
        return this;
    }

    public RequestBuffer Append(long number)
    {
        number.TryFormat(Room(20), out var written, default, CultureInfo.InvariantCulture);
        _end += written;
        return this;
    }

    /// <summary>The whole request; valid until the buffer is cleared.</summary>
    /// <param name="head">Up to and with the name of the header that holds the length.</param>
    public ReadOnlySpan<byte> Finish(ReadOnlySpan<byte> head)
    {
        Span<byte> length = stackalloc byte[16];
        (_end - HeadRoom).TryFormat(length, out var digits, default, CultureInfo.InvariantCulture);
        "\r\n\r\n"u8.CopyTo(length[digits..]);
        length = length[..(digits + 4)];
        var start = HeadRoom - length.Length - head.Length;
        head.CopyTo(_bytes.AsSpan(start));
        length.CopyTo(_bytes.AsSpan(start + head.Length));
        return _bytes.AsSpan(start, _end - start);
    }

    private Span<byte> Room(int bytes)
    {
        if (_bytes.Length - _end < bytes)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _end + bytes));
        }

        return _bytes.AsSpan(_end);
    }
}
