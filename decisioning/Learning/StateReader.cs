using System.Buffers.Binary;

namespace PmOrleans.Decisioning.Learning;

/// <summary>Reads what <see cref="StateWriter"/> wrote; <see cref="InvalidDataException"/> where the bytes end too soon or say the impossible.</summary>
internal ref struct StateReader(ReadOnlySpan<byte> source)
{
    private ReadOnlySpan<byte> left = source;

    /// <summary>Reads the first byte, the format's number.</summary>
    public void Format(byte known, string what)
    {
        byte format = Byte();
        if (format != known) throw new InvalidDataException($"{what}: format {format} is not known here, only {known} is");
    }

    public byte Byte() => Take(1)[0];

    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    /// <summary>A count or amount that cannot be below 0.</summary>
    public long Count()
    {
        long count = Int64();
        return count >= 0 ? count : throw new InvalidDataException($"a count of {count} in the stored state");
    }

    /// <summary>A finite number not below 0.</summary>
    public double Amount()
    {
        double amount = BinaryPrimitives.ReadDoubleLittleEndian(Take(8));
        return double.IsFinite(amount) && amount >= 0 ? amount : throw new InvalidDataException($"an amount of {amount} in the stored state");
    }

    public readonly void End()
    {
        if (!left.IsEmpty) throw new InvalidDataException($"{left.Length} bytes after the end of the stored state");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (left.Length < count) throw new InvalidDataException("the stored state is cut off");
        var taken = left[..count];
        left = left[count..];
        return taken;
    }
}
