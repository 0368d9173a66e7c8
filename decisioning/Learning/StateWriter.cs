using System.Buffers;
using System.Buffers.Binary;

namespace PmOrleans.Decisioning.Learning;

/// <summary>Writes numbers little-endian, whatever the machine.</summary>
internal readonly ref struct StateWriter(IBufferWriter<byte> target)
{
    public void Byte(byte value)
    {
        target.GetSpan(1)[0] = value;
        target.Advance(1);
    }

    public void Int32(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(target.GetSpan(4), value);
        target.Advance(4);
    }

    public void Int64(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(target.GetSpan(8), value);
        target.Advance(8);
    }

    public void Double(double value)
    {
        BinaryPrimitives.WriteDoubleLittleEndian(target.GetSpan(8), value);
        target.Advance(8);
    }
}
