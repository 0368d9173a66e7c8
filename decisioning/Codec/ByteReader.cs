using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace PmOrleans.Decisioning.Codec;

/// <summary>Reads what <see cref="ByteWriter"/> wrote.</summary>
/// <exception cref="CorruptDataException">On any read past the end or malformed value; never reads outside the span.</exception>
public ref struct ByteReader(ReadOnlySpan<byte> data)
{
    private readonly ReadOnlySpan<byte> _data = data;
    private int _at;

    public readonly bool AtEnd => _at >= _data.Length;

    public readonly int Position => _at;

    public readonly int Remaining => _data.Length - _at;

    public byte Byte()
    {
        Need(1);
        return _data[_at++];
    }

    public bool Bool() => Byte() switch
    {
        0 => false,
        1 => true,
        var other => throw new CorruptDataException($"a flag is 0 or 1, not {other}, at byte {_at - 1}"),
    };

    public ulong Unsigned()
    {
        // Nearly all of them are one byte.
        if ((uint)_at < (uint)_data.Length && _data[_at] is < 0x80 and var only)
        {
            _at++;
            return only;
        }

        return LongUnsigned();
    }

    public long Signed()
    {
        var value = Unsigned();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    /// <summary>A number from 0 to <see cref="int.MaxValue"/>. How many items follow: <see cref="Items"/>.</summary>
    public int Count()
    {
        var value = Unsigned();
        return value <= int.MaxValue ? (int)value : throw new CorruptDataException($"a count of {value} at byte {_at}");
    }

    /// <summary>How many items follow, no more than the bytes left can hold: safe to allocate for.</summary>
    /// <param name="leastBytes">Bytes of the shortest item.</param>
    public int Items(int leastBytes = 1)
    {
        var count = Count();
        return count <= Remaining / leastBytes ? count : throw new CorruptDataException($"{count} items in {Remaining} bytes at byte {_at}");
    }

    /// <exception cref="CorruptDataException">Something follows.</exception>
    public readonly void End()
    {
        if (!AtEnd)
        {
            throw new CorruptDataException($"{Remaining} bytes follow after byte {_at}, where the data should end");
        }
    }

    public double Double()
    {
        Need(8);
        var value = BinaryPrimitives.ReadDoubleLittleEndian(_data[_at..]);
        _at += 8;
        return value;
    }

    public ulong Fixed64()
    {
        Need(8);
        var value = BinaryPrimitives.ReadUInt64LittleEndian(_data[_at..]);
        _at += 8;
        return value;
    }

    public ReadOnlySpan<byte> Raw(int length)
    {
        Need(length);
        var value = _data.Slice(_at, length);
        _at += length;
        return value;
    }

    public ReadOnlySpan<byte> Blob() => Raw(Count());

    public string? Text()
    {
        var length = Count();
        return length == 0 ? null : Encoding.UTF8.GetString(Raw(length - 1));
    }

    /// <summary>A text's UTF-8, not decoded; empty for an empty one and for <c>null</c>.</summary>
    /// <returns><c>false</c> for <c>null</c>.</returns>
    public bool TextBytes(out ReadOnlySpan<byte> utf8)
    {
        var length = Count();
        utf8 = length == 0 ? [] : Raw(length - 1);
        return length != 0;
    }

    public void SkipText() => TextBytes(out _);

    /// <summary>Text where <c>null</c> was never written.</summary>
    public string RequiredText() => Text() ?? throw new CorruptDataException($"a text is missing at byte {_at}");

    private ulong LongUnsigned()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Byte();
            if (shift == 63 && next > 1)
            {
                throw new CorruptDataException($"a varint holds more than 64 bits at byte {_at - 1}");
            }

            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new CorruptDataException($"a varint runs over 10 bytes at byte {_at}");
    }

    private readonly void Need(int bytes)
    {
        if (bytes < 0 || _data.Length - _at < bytes)
        {
            Fail(bytes);
        }
    }

    [DoesNotReturn]
    private readonly void Fail(int bytes) => throw new CorruptDataException($"{bytes} bytes are needed at byte {_at} of {_data.Length}");
}
